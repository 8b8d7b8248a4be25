// Asking, judging, counting; and the panel in which it is done.
#include <stdio.h>
#include <stdlib.h>
#include "viz/view/explain.h"
#include "viz/view/predict.h"
#include "viz/view/screen.h"

#define FAR 4096u     // events; who goes further jumps, and is not asked
#define MARK_COLUMN 1 // of a choice
#define TEXT_COLUMN 6 // of its words, and of the explanation
#define WIDE_COLUMNS 110
#define WIDE_ROWS 30

static struct side *side_of(struct session *session)
{
    return &session->side[session->predict.side];
}

void predict_free(struct predict *predict)
{
    free(predict->answered);
    *predict = (struct predict){0};
}

void predict_forget(struct session *session)
{
    bool on = session->predict.on;
    predict_free(&session->predict);
    session->predict.on = on;
}

void predict_toggle(struct session *session)
{
    bool on = !session->predict.on;
    predict_free(&session->predict);
    session->predict.on = on;
}

// ---- What was answered -------------------------------------------------------------------------------------------

static bool was_answered(const struct predict *predict, int side, uint64_t event)
{
    for (size_t i = predict->answered_count; i-- > 0;)
        if (predict->answered[i].event == event && predict->answered[i].side == side) return true;
    return false;
}

// Without memory to remember it, an answer does not count.
static bool remember(struct predict *predict)
{
    if (predict->answered_count == predict->answered_room) {
        size_t room = predict->answered_room ? 2 * predict->answered_room : 64;
        struct predict_answer *more = realloc(predict->answered, room * sizeof *more);
        if (!more) return false;
        predict->answered = more;
        predict->answered_room = room;
    }
    predict->answered[predict->answered_count++] =
        (struct predict_answer){.event = predict->question.event, .side = predict->side};
    return true;
}

static void count(struct predict *predict, bool right)
{
    if (!remember(predict)) return;
    predict->asked++;
    predict->right += right;
    predict->streak = right ? predict->streak + 1 : 0;
    if (predict->streak > predict->best_streak) predict->best_streak = predict->streak;
}

// ---- Asking ------------------------------------------------------------------------------------------------------

static void ask(struct session *session)
{
    struct predict *predict = &session->predict;
    predict->stage = PREDICT_ASKS;
    predict->plays_on = session->playing;
    session->playing = false;
}

bool predict_stops(struct session *session, uint64_t target)
{
    struct predict *predict = &session->predict;
    const struct side *side = &session->side[session->active];
    uint64_t position = model_position(side->model);
    if (!predict->on || target <= position || target - position > FAR) return false;
    for (uint64_t event = position; event < target; event++) {
        if (!question_is_before(side, event) || was_answered(predict, session->active, event)) continue;
        model_seek(side->model, event);
        if (question_make(side, &predict->question)) {
            predict->side = session->active;
            if (event != position) session_seek_event(session, event);
            ask(session);
            return true;
        }
        model_seek(side->model, position);
    }
    return false;
}

static void go_on(struct session *session)
{
    struct predict *predict = &session->predict;
    session->active = predict->side;
    predict->stage = PREDICT_WATCHES;
    session->playing = predict->plays_on;
    session_seek_event(session, predict->question.event + 1);
}

// Why it is so: the explanation of the event that shows it, as it will stand below the view when it has come.
static void explain(struct session *session)
{
    struct predict *predict = &session->predict;
    struct side *side = side_of(session);
    uint64_t position = model_position(side->model);
    char number[32], text[900];
    model_seek(side->model, predict->question.proof + 1);
    explain_event(side, text, sizeof text);
    model_seek(side->model, position);
    if (predict->question.proof == predict->question.event)
        snprintf(predict->why, sizeof predict->why, "%s", text);
    else
        snprintf(predict->why, sizeof predict->why, "Event %s: %s", screen_number(predict->question.proof + 1, number),
                 text);
}

void predict_choose(struct session *session, int choice)
{
    struct predict *predict = &session->predict;
    if (predict->stage != PREDICT_ASKS || choice < 0 || choice > predict->question.count) return;
    session->notice[0] = 0;
    if (choice == 0) {
        go_on(session);
        return;
    }
    predict->chosen = choice - 1;
    predict->stage = PREDICT_EXPLAINS;
    count(predict, predict->chosen == predict->question.right);
    explain(session);
}

// The help takes all of the screen, and the explanation of a box the panel's room.
static bool panel_is_shown(const struct session *session)
{
    return session->view != VIEW_HELP && session->view != VIEW_WORDS && !session->explains;
}

bool predict_key(struct session *session, uint32_t key)
{
    if (session->predict.stage != PREDICT_ASKS || key < '0' || key > '9') return false;
    if (session->explains) {
        session->explains = false; // back to the question: nobody answers what is not in sight
        return true;
    }
    if (!panel_is_shown(session)) return false;
    predict_choose(session, (int)(key - '0'));
    return true;
}

bool predict_takes(struct session *session, enum command command)
{
    struct predict *predict = &session->predict;
    bool ahead =
        command == COMMAND_FORWARD || command == COMMAND_DOWN || command == COMMAND_PLAY || command == COMMAND_FOLD;
    if (predict->stage == PREDICT_WATCHES || !ahead || !panel_is_shown(session)) return false;
    if (predict->stage == PREDICT_EXPLAINS) go_on(session);
    return true; // an open question waits for an answer
}

void predict_moved(struct session *session)
{
    session->predict.stage = PREDICT_WATCHES;
}

// ---- The panel ---------------------------------------------------------------------------------------------------

int predict_rows(int columns, int rows)
{
    // A heading, two rows of a question or of what explains the answer, the choices; where there is room, both.
    return columns >= WIDE_COLUMNS && rows >= WIDE_ROWS ? 8 : 7;
}

static void score_words(const struct predict *predict, char *text, size_t size)
{
    if (predict->asked == 0)
        snprintf(text, size, " no answer yet ");
    else
        snprintf(text, size, " %u of %u right, %u in a row ", predict->right, predict->asked, predict->streak);
}

static void draw_heading(struct area area, const struct session *session)
{
    const struct predict *predict = &session->predict;
    char score[80], side[SIDE_NAME_SIZE];
    score_words(predict, score, sizeof score);
    side_name(&session->side[session->active], area.width - glyph_columns(score) - 26, side);
    area_line(area, 0, 0, area.width, STYLE_BORDER, 0x2500);
    if (session->sides > 1)
        area_format(area, 1, 0, STYLE_HEADING, " What will happen? %s ", side);
    else
        area_text(area, 1, 0, STYLE_HEADING, " What will happen? ");
    int columns = glyph_columns(score);
    area_text(area, area.width - columns - 2, 0, STYLE_MESSAGE, score);
}

// The question with its beat, unless that would tell what comes. \return rows used, of at most two.
static int draw_question(struct area area, int y, const struct question *question)
{
    char badge[32] = " Next ", circled[5];
    glyph_encode(glyph_circled(question->beat), circled);
    if (question->kind != QUESTION_NESTED && question->kind != QUESTION_FIRST)
        snprintf(badge, sizeof badge, " %s of ⑥ ", circled);
    int x = 2 + area_text(area, 1, y, STYLE_BEAT, badge);
    return area_wrap(area, x, y, area.width - x - 1, 2, STYLE_HEADING, question->text);
}

static void draw_choice(struct area area, int y, const struct predict *predict, int index)
{
    const struct question *question = &predict->question;
    bool told = predict->stage == PREDICT_EXPLAINS, is_right = told && index == question->right;
    bool is_wrong = told && index == predict->chosen && !is_right;
    enum style style = is_right ? STYLE_FRESH : is_wrong ? STYLE_REFUSED : told ? STYLE_QUIET : STYLE_TEXT;
    area = area_on(area_part(area, 0, y, area.width, 1), HIT_CHOICE, (uint64_t)index + 1);
    area_fill(area, STYLE_TEXT, ' ');
    if (is_right || is_wrong) area_put(area, MARK_COLUMN, 0, style, is_right ? GLYPH_RIGHT : GLYPH_ENDED);
    area_format(area, MARK_COLUMN + 2, 0, told ? style : STYLE_MESSAGE, "%d", index + 1);
    area_text_in(area, TEXT_COLUMN, 0, area.width - TEXT_COLUMN - 1, style, question->choice[index]);
}

static void draw_why(struct area area, int y, const struct predict *predict)
{
    char text[sizeof predict->why + 16];
    bool is_right = predict->chosen == predict->question.right;
    snprintf(text, sizeof text, "%s %s", is_right ? "Right." : "No.", predict->why);
    area_wrap(area, TEXT_COLUMN, y, area.width - TEXT_COLUMN - 1, area.height - y, STYLE_TEXT, text);
}

static void draw_asked(struct area area, const struct predict *predict)
{
    const struct question *question = &predict->question;
    bool all = predict->stage == PREDICT_ASKS || area.width >= WIDE_COLUMNS;
    int y = 1 + draw_question(area, 1, question);
    for (int i = 0; i < question->count; i++)
        if (all || i == question->right || i == predict->chosen) draw_choice(area, y++, predict, i);
    if (predict->stage == PREDICT_EXPLAINS) draw_why(area, y, predict);
}

struct area predict_draw(struct area area, const struct session *session)
{
    const struct predict *predict = &session->predict;
    const struct model *model = session->side[session->active].model;
    area_fill(area, STYLE_TEXT, ' ');
    draw_heading(area, session);
    if (predict->stage != PREDICT_WATCHES) {
        draw_asked(area, predict);
        return area_part(area, 0, 0, 0, 0);
    }
    int rows = 1;
    if (model_position(model) == model_count(model) && predict->asked > 0)
        area_format(area, 1, rows++, STYLE_HEADING, "The trace ends here. You foresaw %u of %u, at best %u in a row.",
                    predict->right, predict->asked, predict->best_streak);
    return area_part(area, 0, rows, area.width, area.height - rows);
}

static int draw_label(struct area area, int x, const char *keys, const char *word)
{
    int width = glyph_columns(keys) + 1 + glyph_columns(word);
    if (x + width > area.width) return x;
    x += area_text(area, x, 0, STYLE_BAR_KEY, keys) + 1;
    return x + area_text(area, x, 0, STYLE_BAR, word) + 2;
}

bool predict_draw_footer(struct area area, const struct session *session)
{
    static const enum command others[] = {COMMAND_NEXT_VIEW, COMMAND_BACK, COMMAND_PREDICT, COMMAND_HELP, COMMAND_QUIT};
    static const char *const words[] = {"view", "back", "end", "help", "quit"};
    const struct predict *predict = &session->predict;
    char keys[16];
    int x = 1;
    if (predict->stage == PREDICT_WATCHES || !panel_is_shown(session)) return false;
    area_fill(area, STYLE_BAR, ' ');
    if (predict->stage == PREDICT_ASKS) {
        snprintf(keys, sizeof keys, "1-%d", predict->question.count);
        x = draw_label(area, x, keys, "answer");
        x = draw_label(area_on(area, HIT_CHOICE, 0), x, "0", "skip");
    } else {
        x = draw_label(area_on(area, HIT_COMMAND, COMMAND_FORWARD), x, command_keys_text(COMMAND_FORWARD), "go on");
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        x = draw_label(area_on(area, HIT_COMMAND, others[i]), x, command_keys_text(others[i]), words[i]);
    return true;
}
