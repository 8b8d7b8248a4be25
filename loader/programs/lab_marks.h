// What a lab's payload tells the trace, and the grader reads there: a mark bears the thread that made it, so a pager in
// another task, or another thread, cannot make one in the payload's name. Included by the payloads of the labs and by
// labs/.
#ifndef FAULTLINE_PROGRAMS_LAB_MARKS_H
#define FAULTLINE_PROGRAMS_LAB_MARKS_H

#include "kernel/abi/objects.h"

enum lab_mark {
    // The next access must be refused. value: enum flexpage_rights; extra: the address; text: why.
    LAB_MARK_WILD = MARK_USER + 1,
    // And yet it was made. value, extra, text: as before.
    LAB_MARK_SURVIVED = MARK_USER + 2,
    // A region was attached. value: start | rights; extra: offset in the dataspace | number of pages; text: its name.
    LAB_MARK_ATTACHED = MARK_USER + 3,
    // A page of a file was read. value: the eight bytes found; extra: where they lie in the file; text: the file.
    LAB_MARK_FILE = MARK_USER + 4,
    // A page has a content that it should not have. value: what was found; extra: the address; text: which page.
    LAB_MARK_WRONG = MARK_USER + 5,
    // All accesses were made. value: how many.
    LAB_MARK_DONE = MARK_USER + 6,
};

#endif
