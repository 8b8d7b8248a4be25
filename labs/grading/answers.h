// For labs in which a student answers questions about runs, in a file of plain text. A question comes with what is
// right, computed from the trace, and with what people take for right and why it is not: a wrong answer is explained,
// the right one is never told. The file is read for nothing but the words behind each "answer:".
#ifndef FAULTLINE_GRADING_ANSWERS_H
#define FAULTLINE_GRADING_ANSWERS_H

#include "labs/grading/grading.h"

#define QUESTION_MAX_OPTIONS 6u
#define QUESTION_MAX_RIGHT 128u
#define QUESTION_MAX_WRONG 40u

enum answer_kind {
    ANSWER_NUMBER, // decimal, also 11,032, 11.032 and 11 032; or hexadecimal: 0x12000, 12000h, 0x1_2000
    ANSWER_WORD,   // a name
    ANSWER_RIGHTS, // rw-, or "read and write"
    ANSWER_CHOICE, // the letter of an option, or its text
    ANSWER_ORDER,  // the letters of all options, from the first to the last
    ANSWER_ROWS,   // a letter for each row
};

// What somebody might answer, and the sentence that it gets. event 0: none in particular.
struct wrong_answer {
    uint64_t number;
    char word[48];
    const struct run *run;
    uint64_t event;
    char why[320];
};
struct question_option {
    char letter;
    char text[160];
    const struct run *run;
    uint64_t event; // ANSWER_ORDER: when it happens; ANSWER_ROWS: where that row's answer is to be seen
    char right;     // ANSWER_ROWS: the letter
    char why[320];  // what is told to who chose it (ANSWER_CHOICE), or got that row wrong
};
struct question {
    const char *number; // "3.2"
    enum answer_kind kind;
    char text[1000], look[240], kind_text[120];
    unsigned option_count, row_count, right_count, wrong_count;
    struct question_option options[QUESTION_MAX_OPTIONS], rows[QUESTION_MAX_OPTIONS];
    uint64_t right_numbers[QUESTION_MAX_RIGHT];
    char right_words[QUESTION_MAX_RIGHT][48];
    struct wrong_answer wrong[QUESTION_MAX_WRONG];
    const struct run *run; // where to look when nothing better is known
    uint64_t event;
    char likely[320];
    uint64_t random; // of this question alone; for `seeded`
};

// ---- Asking: questions.c -------------------------------------------------------------------------------------------

// Begins a question; the same seed and number draw the same. kind_text: what to answer with, for people.
void question_begin(struct question *question, uint64_t seed, const char *number, enum answer_kind kind,
                    const char *kind_text);
void question_text(struct question *question, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Where to look: a run, a place as faultline-viz takes it behind --at, the keys to press there.
void question_look(struct question *question, const char *run, const char *keys, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// What a wrong answer that is not known gets: an event to look at, and what to think about.
void question_likely(struct question *question, const struct run *run, uint64_t event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// A right answer. There may be several. Of ANSWER_RIGHTS it is the number of enum flexpage_rights.
void right_number(struct question *question, uint64_t number);
void right_word(struct question *question, const char *word);
// A wrong one, unless it is right, too, or was explained before.
void wrong_number(struct question *question, uint64_t number, const struct run *run, uint64_t event, const char *format,
                  ...) __attribute__((format(printf, 5, 6)));
void wrong_word(struct question *question, const char *word, const struct run *run, uint64_t event, const char *format,
                ...) __attribute__((format(printf, 5, 6)));

// An option. ANSWER_CHOICE: why it is not right, NULL if it is. ANSWER_ORDER: options come in their right order, which
// the events give.
void question_option(struct question *question, const struct run *run, uint64_t event, const char *why,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));
// A row: right is the index of its option, counted from 0 in the order of question_option.
void question_row(struct question *question, unsigned right, const struct run *run, uint64_t event, const char *why,
                  const char *format, ...) __attribute__((format(printf, 6, 7)));
// Gives the options their letters in an order that the seed decides. After the last option and row.
void question_shuffle(struct question *question);
// Writes the question as a block of the student's file.
void question_write(const struct question *question, FILE *file);

// ---- Judging: answers.c --------------------------------------------------------------------------------------------

// Compares what the file says with what is right. Ends the test, with a message, unless it is right.
void question_judge(const struct question *question, const char *path);

#endif
