/*
 * quote.h - what a purchase or a report has to pay, as the state stands: the client asks before it
 * signs, the ledger when it executes. Internal to rights/ and its SQL face.
 */
#ifndef MESCHAIN_RIGHTS_QUOTE_H
#define MESCHAIN_RIGHTS_QUOTE_H

#include "rights/payment.h"

extern McStatus quote_share(TxWorld *world, const RightsId *offer_id, const McAddress *buyer,
							OfferRow *offer, RightsPayment *due, McProblem *problem);
/* Also the reward that its buyer gets. */
extern McStatus quote_licence(TxWorld *world, const RightsId *licence_id, const McAddress *buyer,
							  LicenceRow *licence, RightsPayment *due, McProblem *problem);

/* What is reported of a licence, or an amount for a work without one. */
typedef struct RoyaltyReport
{
	RightsId work_id;
	bool has_licence;
	RightsId licence_id;
	int64_t uses;
	int64_t revenue;
	bool has_report;
	McHash report; /* hash of the document */
} RoyaltyReport;
/* due holds asset and sum of a payment without licence when it is asked. */
extern McStatus quote_royalty(TxWorld *world, const RoyaltyReport *report, const McAddress *payer,
							  LicenceRow *licence, RightsPayment *due, int64_t direct_amount,
							  McProblem *problem);

#endif
