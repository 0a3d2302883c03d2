/*
 * certificate_pg.c - a stored certificate as rows: which members signed, and what. Shape only; the
 * signatures are verified by mes.verify() and by proofs.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "pbft/certificate.h"
#include "utils/builtins.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_certificate_signers);
Datum
mes_internal_certificate_signers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PbftCertificate *certificate = palloc(sizeof(PbftCertificate));
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	McProblem problem;

	InitMaterializedSRF(fcinfo, 0);
	if (pbft_certificate_decode(span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)), certificate,
								&problem) != MC_OK)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("a certificate is damaged"),
						errhint("Run mes.verify() to find the rows at fault.")));
	for (uint32_t member = 0; member < certificate->member_count; member++)
	{
		Datum values[2] = { Int32GetDatum((int32) member), 0 };
		bool nulls[2] = { false };
		bytea *signature;

		if (!pbft_certificate_has(certificate, member))
			continue;
		signature = palloc(VARHDRSZ + PBFT_SIGNATURE_SIZE);
		SET_VARSIZE(signature, VARHDRSZ + PBFT_SIGNATURE_SIZE);
		memcpy(VARDATA(signature), certificate->signatures[member], PBFT_SIGNATURE_SIZE);
		values[1] = PointerGetDatum(signature);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
