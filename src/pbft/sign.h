/*
 * sign.h - the signed strings and shared pieces of the codec. Room-private.
 */
#ifndef MESCHAIN_PBFT_SIGN_H
#define MESCHAIN_PBFT_SIGN_H

#include "pbft/message.h"
#include "pbft/pack.h"

extern void pbft_sign_prefix(PbftPacker *packer, const PbftDomain *domain, uint8_t kind);
extern void pbft_subject_pack(PbftPacker *packer, const PbftSubject *subject);
extern void pbft_subject_unpack(PbftUnpacker *unpacker, uint8_t kind, PbftSubject *subject);
extern bool pbft_subject_equal(const PbftSubject *left, const PbftSubject *right);
extern void pbft_certificate_pack(PbftPacker *packer, const PbftCertificate *certificate);
extern void pbft_certificate_unpack(PbftUnpacker *unpacker, PbftCertificate *certificate);

/* The string a message's signature covers; size at most PBFT_SIGNED_MAX. */
extern size_t pbft_message_signed(const PbftMessage *message, const PbftDomain *domain,
								  uint8_t out[PBFT_SIGNED_MAX]);

/* The string of one VIEW-CHANGE body. */
extern size_t pbft_view_change_signed(const PbftViewChangeBody *body, const PbftDomain *domain,
									  uint8_t out[PBFT_SIGNED_MAX]);

extern bool pbft_kind_signed(uint8_t kind);

extern void pbft_lock_unpack(PbftUnpacker *unpacker, PbftLock *lock);

/* Rank of locks is (view, height); an anchor is below everything (pitfall 4). */
extern int pbft_lock_compare(const PbftLock *left, const PbftLock *right);

/* True when the certificate proves exactly this lock. */
extern bool pbft_lock_proved(const PbftLock *lock, const PbftCertificate *certificate);

#endif
