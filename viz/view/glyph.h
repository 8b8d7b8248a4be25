// Code points: UTF-8 in and out, and the ASCII stand-in of every glyph that the views draw. Used by the grid and by
// the writers; a view always draws the Unicode glyph, and the writer decides at the end which set goes out.
#ifndef FAULTLINE_VIEW_GLYPH_H
#define FAULTLINE_VIEW_GLYPH_H

#include <stddef.h>
#include <stdint.h>

#define GLYPH_RESIDENT 0x2588u     // █
#define GLYPH_SHARED 0x2592u       // ▒ shared read-only
#define GLYPH_FAULTING 0x2593u     // ▓
#define GLYPH_ABSENT 0x00b7u       // ·
#define GLYPH_EVICTED 0x259au      // ▚
#define GLYPH_SHARED_BY 0x2261u    // ≡ several tasks have it
#define GLYPH_SAME_FRAME 0x25c8u   // ◈ another mapping of the frame that is followed
#define GLYPH_SELECTED 0x25c6u     // ◆
#define GLYPH_RUNNING 0x25c9u      // ◉
#define GLYPH_SERVING 0x25d0u      // ◐
#define GLYPH_BLOCKED 0x25cbu      // ○
#define GLYPH_READY 0x25ceu        // ◎
#define GLYPH_ENDED 0x00d7u        // ×
#define GLYPH_RIGHT 0x2713u        // ✓
#define GLYPH_TOKEN 0x25cfu        // ●
#define GLYPH_BOOKMARK 0x25c6u     // ◆
#define GLYPH_CUT 0x2026u          // …
#define GLYPH_WINDOW_OPEN 0x27e6u  // ⟦
#define GLYPH_WINDOW_CLOSE 0x27e7u // ⟧
#define GLYPH_REPLACEMENT 0xfffdu  // for what is no character

// Reads one code point from *text and moves it on. Bytes that are no UTF-8, and control characters, read as U+FFFD,
// one byte at a time. 0 at the end.
uint32_t glyph_decode(const char **text);

// Writes `glyph` as UTF-8 with a NUL; returns the bytes before it (1..4). Needs a buffer of 5 bytes.
size_t glyph_encode(uint32_t glyph, char *out);

// The ASCII character that stands for `glyph`, always one column.
char glyph_ascii(uint32_t glyph);

// Columns that a UTF-8 text takes; every glyph that the views use takes one.
int glyph_columns(const char *text);

// The n-th beat as a circled number, 1..9.
uint32_t glyph_circled(int number);

#endif
