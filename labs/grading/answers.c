// Compares answers with what is right. What an answer means is decided liberally, what is right is not.
#define _XOPEN_SOURCE 700
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "labs/grading/answers.h"
#include "labs/grading/sheet.h"

// ---- What an answer says -------------------------------------------------------------------------------------------

enum number_form { NUMBER_NONE, NUMBER_SEVERAL, NUMBER_DECIMAL, NUMBER_HEXADECIMAL };

// One word of digits. Digits may be grouped: 0x1_2000, 1,719.
static enum number_form read_number(const char *word, uint64_t *number)
{
    char digits[40];
    size_t used = 0;
    bool hexadecimal = false;
    for (const char *at = word; *at && used + 1 < sizeof(digits); at++)
        if (*at != '_' && *at != ',' && *at != '\'') digits[used++] = (char)tolower((unsigned char)*at);
    digits[used] = 0;
    const char *begin = digits;
    if (!strncmp(begin, "0x", 2)) {
        hexadecimal = true;
        begin += 2;
    } else if (used && digits[used - 1] == 'h') {
        hexadecimal = true;
        digits[used - 1] = 0;
    }
    size_t length = strlen(begin), decimal = strspn(begin, "0123456789");
    if (!length || length > 19 || strspn(begin, "0123456789abcdef") != length) return NUMBER_NONE;
    if (decimal != length) hexadecimal = true;
    *number = strtoull(begin, NULL, hexadecimal ? 16 : 10);
    return hexadecimal ? NUMBER_HEXADECIMAL : NUMBER_DECIMAL;
}

// Whether the three digits of a thousand follow, and no fourth, behind a full stop or a space.
static bool thousand_follows(const char *text)
{
    return (*text == '.' || *text == ' ') && strspn(text + 1, "0123456789") == 3 && !isalpha((unsigned char)text[4]);
}

// Takes out what separates thousands: "11.032" and "11 032" become "11032". No answer has a fraction.
static void join_thousands(char *to, const char *from)
{
    bool inside = false; // a number whose groups may go on
    for (const char *text = from; *text;) {
        size_t digits = strspn(text, "0123456789");
        bool begins = digits && digits <= 3 && *text != '0' && (text == from || !isalnum((unsigned char)text[-1]));
        inside = digits && (inside || begins);
        size_t length = digits ? digits : 1;
        memmove(to, text, length);
        to += length;
        text += length;
        if (inside && thousand_follows(text))
            text++;
        else
            inside = false;
    }
    *to = 0;
}

static enum number_form answer_number(const char *text, uint64_t *number)
{
    enum number_form form = NUMBER_NONE;
    char copy[200], *rest = copy;
    snprintf(copy, sizeof(copy), "%s", text);
    join_thousands(copy, copy);
    for (char *word; (word = strtok_r(rest, " \t;:()=\"`", &rest));) {
        if (word[strlen(word) - 1] == '.') word[strlen(word) - 1] = 0; // the end of a sentence
        if (!isdigit((unsigned char)*word) && form != NUMBER_NONE) continue;
        if (!isdigit((unsigned char)*word) && strlen(word) < 3) continue;
        uint64_t found;
        enum number_form this = read_number(word, &found);
        if (this == NUMBER_NONE) continue;
        if (form != NUMBER_NONE && found != *number) return NUMBER_SEVERAL;
        form = this;
        *number = found;
    }
    return form;
}

// A name without quotes, article and full stop.
static void plain_word(char *to, size_t size, const char *text)
{
    size_t used = 0;
    if (!strncasecmp(text, "the ", 4)) text += 4;
    for (; *text && used + 1 < size; text++)
        if (!strchr("\"`'", *text)) to[used++] = *text;
    if (used && to[used - 1] == '.') used--;
    to[used] = 0;
}

static unsigned rights_of(const char *text)
{
    static const struct {
        const char *word;
        unsigned right;
    } words[] = {{"read", RIGHT_READ},
                 {"write", RIGHT_WRITE},
                 {"execute", RIGHT_EXECUTE},
                 {"load", RIGHT_READ},
                 {"store", RIGHT_WRITE},
                 {"readable", RIGHT_READ},
                 {"only", 0},
                 {"writable", RIGHT_WRITE},
                 {"executable", RIGHT_EXECUTE},
                 {"and", 0}};
    unsigned rights = 0;
    char copy[200], *rest = copy;
    snprintf(copy, sizeof(copy), "%s", text);
    for (char *word; (word = strtok_r(rest, " ,+/\"`.", &rest));) {
        bool known = false;
        for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (strcasecmp(word, words[i].word)) continue;
            rights |= words[i].right;
            known = true;
        }
        if (known) continue;
        if (strspn(word, "rwxRWX-") != strlen(word)) return ~0u;
        rights |= (strpbrk(word, "rR") ? RIGHT_READ : 0) | (strpbrk(word, "wW") ? RIGHT_WRITE : 0) |
                  (strpbrk(word, "xX") ? RIGHT_EXECUTE : 0);
    }
    return rights;
}

// Letters of options alone: "c a b", "c, a, b", "cab", "c > a > b", "1c 2a 3b". false: there is something else.
static bool read_letters(const struct question *question, const char *text, char *letters, size_t size)
{
    size_t used = 0;
    for (; *text; text++) {
        char letter = (char)tolower((unsigned char)*text);
        if (strchr(" ,;.:>-()=", letter) || isdigit((unsigned char)letter)) continue;
        if (letter < 'a' || letter >= (char)('a' + question->option_count) || used + 1 >= size) return false;
        letters[used++] = letter;
    }
    letters[used] = 0;
    return used > 0;
}

// ---- Judging -------------------------------------------------------------------------------------------------------

static bool is_right_number(const struct question *question, uint64_t number)
{
    for (unsigned i = 0; i < question->right_count; i++)
        if (question->right_numbers[i] == number) return true;
    return false;
}

// Whether two names differ in nothing but capitals, and in how their words are joined: ipc_send, ipc-send, IPC send.
static bool is_same_word(const char *one, const char *other)
{
    for (; *one && *other; one++, other++) {
        if (strchr("_- ", *one) && strchr("_- ", *other)) continue;
        if (tolower((unsigned char)*one) != tolower((unsigned char)*other)) return false;
    }
    return *one == *other;
}

static bool is_right_word(const struct question *question, const char *word)
{
    for (unsigned i = 0; i < question->right_count; i++)
        if (is_same_word(question->right_words[i], word)) return true;
    return false;
}

static void expect_kind(const struct question *question)
{
    expected("question %s: %s", question->number, question->kind_text);
}

// What was answered, and at which event the student sees that it is not so. No other event is told: it may be the
// answer.
static _Noreturn void tell(const struct question *question, const char *answer, const struct run *run, uint64_t event,
                           const char *why)
{
    expect_kind(question);
    if (!event) run = question->run;
    if (!event) event = question->event;
    look_at(run, event, "\"%.60s\": %s", answer, why);
    likely("%s", question->likely);
}

static _Noreturn void misunderstood(const struct question *question, const struct sheet_answer *found, const char *what)
{
    expect_kind(question);
    look_at(question->run, 0, "line %u of the file says \"%.60s\": %s", found->line, found->answer, what);
    likely("the question says behind \"Answer with\" what is wanted; more than that need not stand there");
}

// A wrong answer that nobody thought of, to a question that nobody asked.
static void require_same_question(const struct question *question, const struct sheet_answer *found)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file) return;
    question_write(question, file);
    fclose(file);
    const struct sheet asked = {.readable = true, .size = size, .text = text};
    struct sheet_answer own = sheet_find(&asked, question->number);
    free(text);
    if (!strcmp(own.asked, found->asked)) return;
    expected("question %s as this seed asks it", question->number);
    look_at(question->run, 0, "\"%.60s\" answers another one: the question's text in the file is not this seed's",
            found->answer);
    likely(
        "the file was made with another seed, or by another version of the kit. make reset LAB=%s asks anew, and keeps "
        "a copy",
        the_lab->number);
}

// The right digits, read as they were not meant.
static void require_base(const struct question *question, const struct sheet_answer *found, enum number_form form)
{
    const char *digits = found->answer + strspn(found->answer, "0xX");
    if (form == NUMBER_DECIMAL && is_right_number(question, strtoull(digits, NULL, 16)))
        tell(question, found->answer, NULL, 0,
             "digits alone are a decimal number; a hexadecimal one begins with 0x, as in the visualizer");
    if (form == NUMBER_HEXADECIMAL && is_right_number(question, strtoull(digits, NULL, 10)))
        tell(question, found->answer, NULL, 0, "0x makes a hexadecimal number of these digits");
}

static void judge_number(const struct question *question, const struct sheet_answer *found)
{
    uint64_t number = 0;
    enum number_form form = answer_number(found->answer, &number);
    if (form == NUMBER_NONE) misunderstood(question, found, "no number in there");
    if (form == NUMBER_SEVERAL) misunderstood(question, found, "more than one number");
    if (is_right_number(question, number)) return;
    require_same_question(question, found);
    for (unsigned i = 0; i < question->wrong_count; i++) {
        const struct wrong_answer *wrong = &question->wrong[i];
        if (wrong->number == number) tell(question, found->answer, wrong->run, wrong->event, wrong->why);
    }
    require_base(question, found, form);
    tell(question, found->answer, NULL, 0, "this is not it");
}

static void judge_word(const struct question *question, const struct sheet_answer *found)
{
    char word[200];
    plain_word(word, sizeof(word), found->answer);
    if (is_right_word(question, word)) return;
    require_same_question(question, found);
    for (unsigned i = 0; i < question->wrong_count; i++) {
        const struct wrong_answer *wrong = &question->wrong[i];
        if (is_same_word(wrong->word, word)) tell(question, found->answer, wrong->run, wrong->event, wrong->why);
    }
    tell(question, found->answer, NULL, 0, "this is not it");
}

static void judge_rights(const struct question *question, const struct sheet_answer *found)
{
    unsigned rights = rights_of(found->answer);
    if (rights == ~0u) misunderstood(question, found, "these are no rights");
    if (is_right_number(question, rights)) return;
    require_same_question(question, found);
    for (unsigned i = 0; i < question->wrong_count; i++) {
        const struct wrong_answer *wrong = &question->wrong[i];
        if (wrong->number == rights) tell(question, found->answer, wrong->run, wrong->event, wrong->why);
    }
    tell(question, found->answer, NULL, 0, "these are not the rights");
}

static void judge_choice(const struct question *question, const struct sheet_answer *found)
{
    char letters[8];
    bool letter = read_letters(question, found->answer, letters, sizeof(letters)) && strlen(letters) == 1;
    for (unsigned i = 0; i < question->option_count; i++) {
        const struct question_option *option = &question->options[i];
        if (!(letter && option->letter == *letters) && strcasecmp(option->text, found->answer) != 0) continue;
        if (option->right) return;
        require_same_question(question, found);
        tell(question, found->answer, option->run, option->event, option->why);
    }
    misunderstood(question, found, "one letter is wanted, of an option above");
}

// The first two neighbours that are the wrong way round. The events tell when each happened.
static void judge_order(const struct question *question, const struct sheet_answer *found)
{
    char letters[QUESTION_MAX_OPTIONS + 2], why[320];
    bool read = read_letters(question, found->answer, letters, sizeof(letters));
    if (!read || strlen(letters) != question->option_count)
        misunderstood(question, found, "the letters of all options are wanted, each once");
    for (unsigned i = 0; i < question->option_count; i++)
        if (strchr(letters, letters[i]) != &letters[i]) misunderstood(question, found, "a letter is there twice");
    for (unsigned i = 0; i + 1 < question->option_count; i++) {
        const struct question_option *one = &question->options[letters[i] - 'a'];
        const struct question_option *other = &question->options[letters[i + 1] - 'a'];
        if (one->event <= other->event) continue;
        require_same_question(question, found);
        snprintf(why, sizeof(why), "%c does not come before %c", one->letter, other->letter);
        tell(question, found->answer, other->run, other->event, why);
    }
}

static void judge_rows(const struct question *question, const struct sheet_answer *found)
{
    char letters[QUESTION_MAX_OPTIONS + 2], why[400];
    bool read = read_letters(question, found->answer, letters, sizeof(letters));
    if (!read || strlen(letters) != question->row_count)
        misunderstood(question, found, "one letter is wanted for each row, from the first to the last");
    for (unsigned i = 0; i < question->row_count; i++) {
        const struct question_option *row = &question->rows[i];
        if (letters[i] == row->right) continue;
        require_same_question(question, found);
        snprintf(why, sizeof(why), "row %u, %.80s: %.200s", i + 1, row->text, row->why);
        tell(question, found->answer, row->run, row->event, why);
    }
}

// What stands in the way of finding an answer.
static void require_answer(const struct question *question, const struct sheet *sheet, const struct sheet_answer *found)
{
    if (found->answers == 1) return;
    expect_kind(question);
    if (!sheet->readable) {
        look_at(question->run, 0, "the file with the answers cannot be read");
        likely("make start LAB=%s makes it", the_lab->number);
    }
    if (!sheet->text) {
        look_at(question->run, 0, "the file has %lu bytes; nobody reads more than %u", (unsigned long)sheet->size,
                SHEET_LIMIT);
        likely("something else than answers came into it. make reset LAB=%s asks anew, and keeps a copy",
               the_lab->number);
    }
    if (!found->blocks) {
        look_at(question->run, 0, "no line \"Question %s\" is in the file", question->number);
        likely("the file was cut, or is none of text. make reset LAB=%s asks anew, and keeps a copy", the_lab->number);
    }
    if (found->answers > 1) {
        look_at(question->run, 0, "it is answered %u times, in the lines %u and %u of the file", found->answers,
                found->line, found->other);
        likely("only one answer counts: leave the one that you mean");
    }
    if (found->below) {
        look_at(question->run, 0, "nothing stands behind \"answer:\"; what stands in the lines below it is not read");
        likely("write the answer in the same line");
    }
    look_at(question->run, 0, "there is no answer yet");
    likely("write it behind \"answer:\", in the same line. %s", question->look);
}

void question_judge(const struct question *question, const char *path)
{
    static void (*const judges[])(const struct question *, const struct sheet_answer *) = {
        [ANSWER_NUMBER] = judge_number, [ANSWER_WORD] = judge_word,   [ANSWER_RIGHTS] = judge_rights,
        [ANSWER_CHOICE] = judge_choice, [ANSWER_ORDER] = judge_order, [ANSWER_ROWS] = judge_rows,
    };
    struct sheet sheet = sheet_read(path);
    struct sheet_answer found = sheet_find(&sheet, question->number);
    require_answer(question, &sheet, &found);
    judges[question->kind](question, &found);
    sheet_close(&sheet);
}
