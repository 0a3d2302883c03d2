/*
 * title.h - what may stand in a title. The alphabet is a list, not "everything but": a title is
 * compared by people, and two that look the same should be the same bytes.
 *
 * Of the alphabet every text is in Unicode's normal form C: combining marks and characters that
 * would decompose are not in it. Nothing invisible, no marks of writing direction, no private or
 * unassigned characters. Latin, Han, kana, Bopomofo and Hangul may stand together; each other
 * script stands by itself, so that no letter poses as one of another script. One space between
 * words, none at the ends.
 */
#ifndef MESCHAIN_RIGHTS_TITLE_H
#define MESCHAIN_RIGHTS_TITLE_H

#include "rights/rights.h"

/* The text is valid UTF-8 already. */
extern McStatus rights_check_title(McSpan title, McProblem *problem);

#endif
