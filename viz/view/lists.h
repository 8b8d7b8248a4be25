// The words of the glossary, for whoever explains one of them.
#ifndef FAULTLINE_VIEW_LISTS_H
#define FAULTLINE_VIEW_LISTS_H

const char *words_meaning(const char *word); // "" for one that the glossary does not have

#endif
