// Whether a run can be judged at all: how it ended, and who is to blame if that was not in order. Used by main.c.
#ifndef FAULTLINE_GRADING_SOUND_H
#define FAULTLINE_GRADING_SOUND_H

#include "labs/grading/run.h"

// Ends the test, with what happened, unless the run is sound. Beside its kernel lies root.elf or rm.elf.
void require_sound(const struct run *run);

#endif
