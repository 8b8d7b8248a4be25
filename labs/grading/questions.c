// Puts a question together, and writes it. Called by the checks.c of a lab.
#define _XOPEN_SOURCE 700
#include "labs/grading/answers.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT(buffer, format)                                                                                         \
    do {                                                                                                               \
        va_list list;                                                                                                  \
        va_start(list, format);                                                                                        \
        vsnprintf(buffer, sizeof(buffer), format, list);                                                               \
        va_end(list);                                                                                                  \
    } while (0)

// ---- Asking --------------------------------------------------------------------------------------------------------

void question_begin(struct question *question, uint64_t seed, const char *number, enum answer_kind kind,
                    const char *kind_text)
{
    *question = (struct question){.number = number, .kind = kind};
    snprintf(question->kind_text, sizeof(question->kind_text), "%s", kind_text);
    question->random = seeded_state(seed, number);
}

void question_text(struct question *question, const char *format, ...)
{
    FORMAT(question->text, format);
}

void question_look(struct question *question, const char *run, const char *keys, const char *format, ...)
{
    char place[64];
    FORMAT(place, format);
    const char *quote = strchr(run, ' ') ? "\"" : "";
    snprintf(question->look, sizeof(question->look), "make watch LAB=%s RUN=%s%s%s%s%s; %s", the_lab->number, quote,
             run, quote, *place ? " EVENT=" : "", place, keys);
}

void question_likely(struct question *question, const struct run *run, uint64_t event, const char *format, ...)
{
    question->run = run;
    question->event = event;
    FORMAT(question->likely, format);
}

void right_number(struct question *question, uint64_t number)
{
    if (question->right_count == QUESTION_MAX_RIGHT) abort();
    question->right_numbers[question->right_count++] = number;
}

void right_word(struct question *question, const char *word)
{
    if (question->right_count == QUESTION_MAX_RIGHT) abort();
    snprintf(question->right_words[question->right_count++], sizeof(question->right_words[0]), "%s", word);
}

static struct wrong_answer *add_wrong(struct question *question, const struct run *run, uint64_t event)
{
    static struct wrong_answer nowhere; // more than anybody would read
    struct wrong_answer *wrong =
        question->wrong_count < QUESTION_MAX_WRONG ? &question->wrong[question->wrong_count++] : &nowhere;
    *wrong = (struct wrong_answer){.run = run, .event = event};
    return wrong;
}

void wrong_number(struct question *question, uint64_t number, const struct run *run, uint64_t event, const char *format,
                  ...)
{
    struct wrong_answer *wrong = add_wrong(question, run, event);
    wrong->number = number;
    FORMAT(wrong->why, format);
}

void wrong_word(struct question *question, const char *word, const struct run *run, uint64_t event, const char *format,
                ...)
{
    struct wrong_answer *wrong = add_wrong(question, run, event);
    snprintf(wrong->word, sizeof(wrong->word), "%s", word);
    FORMAT(wrong->why, format);
}

void question_option(struct question *question, const struct run *run, uint64_t event, const char *why,
                     const char *format, ...)
{
    if (question->option_count == QUESTION_MAX_OPTIONS) abort();
    struct question_option *option = &question->options[question->option_count];
    *option = (struct question_option){.run = run, .event = event, .letter = (char)('a' + question->option_count)};
    option->right = question->kind == ANSWER_CHOICE && !why;
    question->option_count++;
    snprintf(option->why, sizeof(option->why), "%s", why ? why : "");
    FORMAT(option->text, format);
}

void question_row(struct question *question, unsigned right, const struct run *run, uint64_t event, const char *why,
                  const char *format, ...)
{
    if (question->row_count == QUESTION_MAX_OPTIONS) abort();
    struct question_option *row = &question->rows[question->row_count++];
    *row = (struct question_option){.run = run, .event = event, .right = (char)('a' + right)};
    snprintf(row->why, sizeof(row->why), "%s", why);
    FORMAT(row->text, format);
}

static void swap(struct question_option *one, struct question_option *other)
{
    struct question_option kept = *one;
    *one = *other;
    *other = kept;
}

static char new_letter(const struct question *question, char old)
{
    for (unsigned i = 0; i < question->option_count; i++)
        if (question->options[i].letter == old) return (char)('a' + i);
    abort();
}

void question_shuffle(struct question *question)
{
    for (unsigned i = question->row_count; i > 1; i--)
        swap(&question->rows[i - 1], &question->rows[seeded(&question->random, i)]);
    for (unsigned i = question->option_count; i > 1; i--)
        swap(&question->options[i - 1], &question->options[seeded(&question->random, i)]);
    for (unsigned i = 0; i < question->row_count; i++)
        question->rows[i].right = new_letter(question, question->rows[i].right);
    for (unsigned i = 0; i < question->option_count; i++)
        question->options[i].letter = (char)('a' + i);
}

// ---- Writing -------------------------------------------------------------------------------------------------------

static void write_wrapped(FILE *file, const char *begin, const char *indent, const char *text)
{
    size_t column = strlen(begin);
    fprintf(file, "%s", begin);
    for (const char *word = text; *word;) {
        size_t length = strcspn(word, " ");
        if (word != text && column + 1 + length > 100) {
            fprintf(file, "\n%s", indent);
            column = strlen(indent);
        } else if (word != text) {
            fputc(' ', file);
            column++;
        }
        fprintf(file, "%.*s", (int)length, word);
        column += length;
        word += length + (word[length] == ' ');
    }
    fputc('\n', file);
}

void question_write(const struct question *question, FILE *file)
{
    char begin[32];
    fprintf(file, "\nQuestion %s\n", question->number);
    write_wrapped(file, "    ", "    ", question->text);
    for (unsigned i = 0; i < question->row_count; i++) {
        snprintf(begin, sizeof(begin), "      %u. ", i + 1);
        write_wrapped(file, begin, "         ", question->rows[i].text);
    }
    for (unsigned i = 0; i < question->option_count; i++) {
        snprintf(begin, sizeof(begin), "      %c) ", question->options[i].letter);
        write_wrapped(file, begin, "         ", question->options[i].text);
    }
    write_wrapped(file, "    Look: ", "          ", question->look);
    write_wrapped(file, "    Answer with: ", "                 ", question->kind_text);
    fprintf(file, "answer: \n");
}
