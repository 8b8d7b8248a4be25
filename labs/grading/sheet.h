// The file with a student's answers. Anything may be in there: it is read for the words behind "answer:" alone.
// Used by answers.c.
#ifndef FAULTLINE_GRADING_SHEET_H
#define FAULTLINE_GRADING_SHEET_H

#include <stdbool.h>
#include <stddef.h>

#define SHEET_LIMIT 131072u // bytes; the files that are handed out have about 10,000

struct sheet {
    bool readable;
    size_t size; // bytes of the file
    char *text;  // NULL if it is larger than SHEET_LIMIT
};
// What it has on one question.
struct sheet_answer {
    unsigned blocks, answers; // how many times it is asked; how many lines with an answer to it there are
    unsigned line, other;     // of the first answer, and of the second
    bool asked_whole;         // an "answer:" line, even an empty one, came
    bool below;               // something stands in a line behind that
    char answer[200];         // the first, printable characters alone
    char asked[1400];         // the question's text as the file has it, spaces made one
};

struct sheet sheet_read(const char *path);
void sheet_close(struct sheet *sheet);
// number: "3.2". Finds it by the line "Question 3.2".
struct sheet_answer sheet_find(const struct sheet *sheet, const char *number);

#endif
