/*
 * certificate.c - signed strings of votes, and certificates as bytes. Knows nothing of the state.
 */
#include "pbft/certificate.h"

#include "base/digest.h"
#include "pbft/sign.h"

void
pbft_instance(uint64_t epoch, uint64_t resume_no, const McHash *anchor_hash,
			  const McHash *valset_hash, uint8_t out[PBFT_INSTANCE_SIZE])
{
	uint8_t numbers[16];
	McSpan parts[3];
	McHash hash;

	put_be64(numbers, epoch);
	put_be64(numbers + 8, resume_no);
	parts[0] = span_of(numbers, sizeof(numbers));
	parts[1] = span_hash(anchor_hash);
	parts[2] = span_hash(valset_hash);
	digest_sha256(&hash, parts, 3);
	memcpy(out, hash.bytes, PBFT_INSTANCE_SIZE);
}

void
pbft_sign_prefix(PbftPacker *packer, const PbftDomain *domain, uint8_t kind)
{
	pack_bytes(packer, "MES1", 4);
	pack_bytes(packer, domain->chain_id, PBFT_CHAIN_ID_SIZE);
	pack_64(packer, domain->shard);
	pack_32(packer, domain->generation);
	pack_bytes(packer, domain->instance, PBFT_INSTANCE_SIZE);
	pack_8(packer, kind);
}

/* The subject as it stands in signatures, messages and certificates alike. */
void
pbft_subject_pack(PbftPacker *packer, const PbftSubject *subject)
{
	if (subject->kind != PBFT_CHECKPOINT)
		pack_64(packer, subject->view);
	pack_64(packer, subject->height);
	pack_hash(packer, &subject->hash);
	if (subject->kind == PBFT_CHECKPOINT)
	{
		pack_hash(packer, &subject->exec_root);
		pack_hash(packer, &subject->next_valset);
	}
}

void
pbft_subject_unpack(PbftUnpacker *unpacker, uint8_t kind, PbftSubject *subject)
{
	memset(subject, 0, sizeof(*subject));
	subject->kind = kind;
	if (kind != PBFT_CHECKPOINT)
		subject->view = unpack_64(unpacker);
	subject->height = unpack_64(unpacker);
	unpack_hash(unpacker, &subject->hash);
	if (kind == PBFT_CHECKPOINT)
	{
		unpack_hash(unpacker, &subject->exec_root);
		unpack_hash(unpacker, &subject->next_valset);
	}
}

size_t
pbft_subject_signed(const PbftDomain *domain, const PbftSubject *subject,
					uint8_t out[PBFT_SIGNED_MAX])
{
	PbftPacker packer = { out, 0, PBFT_SIGNED_MAX };

	pbft_sign_prefix(&packer, domain, subject->kind);
	pbft_subject_pack(&packer, subject);
	return packer.size;
}

bool
pbft_subject_equal(const PbftSubject *left, const PbftSubject *right)
{
	return left->kind == right->kind && left->view == right->view &&
		   left->height == right->height && hash_equal(&left->hash, &right->hash) &&
		   hash_equal(&left->exec_root, &right->exec_root) &&
		   hash_equal(&left->next_valset, &right->next_valset);
}

uint32_t
pbft_certificate_signers(const PbftCertificate *certificate)
{
	uint32_t count = 0;

	for (uint32_t member = 0; member < certificate->member_count; member++)
		count += pbft_certificate_has(certificate, member);
	return count;
}

void
pbft_certificate_pack(PbftPacker *packer, const PbftCertificate *certificate)
{
	assert(certificate->member_count >= 1 && certificate->member_count <= PBFT_NODE_MAX);
	pack_8(packer, certificate->subject.kind);
	pbft_subject_pack(packer, &certificate->subject);
	pack_8(packer, (uint8_t) certificate->member_count);
	pack_bytes(packer, certificate->bitmap, (certificate->member_count + 7) / 8);
	for (uint32_t member = 0; member < certificate->member_count; member++)
		if (pbft_certificate_has(certificate, member))
			pack_bytes(packer, certificate->signatures[member], PBFT_SIGNATURE_SIZE);
}

size_t
pbft_certificate_encode(const PbftCertificate *certificate, uint8_t *out)
{
	PbftPacker packer = { out, 0, PBFT_CERTIFICATE_MAX };

	pbft_certificate_pack(&packer, certificate);
	return packer.size;
}

void
pbft_certificate_unpack(PbftUnpacker *unpacker, PbftCertificate *certificate)
{
	uint8_t kind = unpack_8(unpacker);

	if (kind != PBFT_PREPARE && kind != PBFT_COMMIT && kind != PBFT_CHECKPOINT)
		unpacker->bad = true;
	pbft_subject_unpack(unpacker, kind, &certificate->subject);
	certificate->member_count = unpack_8(unpacker);
	memset(certificate->bitmap, 0, PBFT_BITMAP_SIZE);
	if (certificate->member_count < 1 || certificate->member_count > PBFT_NODE_MAX)
	{
		unpacker->bad = true;
		certificate->member_count = 1;
		return;
	}
	unpack_bytes(unpacker, certificate->bitmap, (certificate->member_count + 7) / 8);
	for (uint32_t bit = certificate->member_count; bit < 8 * PBFT_BITMAP_SIZE; bit++)
		unpacker->bad |= pbft_certificate_has(certificate, bit);
	for (uint32_t member = 0; member < certificate->member_count; member++)
		if (pbft_certificate_has(certificate, member))
			unpack_bytes(unpacker, certificate->signatures[member], PBFT_SIGNATURE_SIZE);
}

McStatus
pbft_certificate_decode(McSpan bytes, PbftCertificate *certificate, McProblem *problem)
{
	PbftUnpacker unpacker = { bytes, 0, false };

	pbft_certificate_unpack(&unpacker, certificate);
	if (unpacker.bad || unpacker.offset != bytes.size)
		return status_problem(problem, MC_CONSENSUS_FORMAT, (int64_t) unpacker.offset, 0);
	return MC_OK;
}

McStatus
pbft_certificate_verify(const PbftCertificate *certificate, const PbftDomain *domain,
						uint32_t member_count, const PbftCrypto *crypto, McProblem *problem)
{
	uint8_t message[PBFT_SIGNED_MAX];
	size_t size = pbft_subject_signed(domain, &certificate->subject, message);
	uint32_t quorum = pbft_quorum(member_count);

	if (certificate->member_count != member_count)
		return status_problem(problem, MC_CONSENSUS_MEMBER, certificate->member_count,
							  member_count);
	if (pbft_certificate_signers(certificate) < quorum)
		return status_problem(problem, MC_CONSENSUS_QUORUM,
							  pbft_certificate_signers(certificate), quorum);
	for (uint32_t member = 0; member < member_count; member++)
		if (pbft_certificate_has(certificate, member) &&
			!crypto->verify(crypto->context, member, span_of(message, size),
							certificate->signatures[member]))
			return status_problem(problem, MC_CONSENSUS_SIGNATURE, member, member_count);
	return MC_OK;
}
