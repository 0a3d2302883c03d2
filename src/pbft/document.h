/*
 * document.h - what REJOIN, TIP and RESUME share. Room-private.
 */
#ifndef MESCHAIN_PBFT_DOCUMENT_H
#define MESCHAIN_PBFT_DOCUMENT_H

#include "pbft/pack.h"
#include "pbft/resume.h"
#include "pbft/sign.h"

/* The string that an identity key signs: no vote and no transaction begins like it (A3). */
extern void pbft_document_signed(const char tag[12], McSpan bytes,
								 uint8_t out[PBFT_DOCUMENT_SIGNED_SIZE]);

#endif
