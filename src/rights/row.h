/*
 * row.h - state rows in and out of canonical bytes.
 */
#ifndef MESCHAIN_RIGHTS_ROW_H
#define MESCHAIN_RIGHTS_ROW_H

#include "rights/rights.h"

/* Reading is false for bytes that no node wrote. */
extern bool work_row_read(McSpan value, WorkRow *row);
extern void work_row_write(WireWriter *writer, const WorkRow *row);
extern bool shares_row_read(McSpan value, RightsShares *shares);
extern void shares_row_write(WireWriter *writer, const RightsShares *shares);
extern bool item_row_read(McSpan value, ItemRow *row);
extern void item_row_write(WireWriter *writer, const ItemRow *row);
extern bool offer_row_read(McSpan value, OfferRow *row);
extern void offer_row_write(WireWriter *writer, const OfferRow *row);
extern bool licence_row_read(McSpan value, LicenceRow *row);
extern void licence_row_write(WireWriter *writer, const LicenceRow *row);
extern bool reward_row_read(McSpan value, RewardRow *row);
extern void reward_row_write(WireWriter *writer, const RewardRow *row);
extern bool terms_row_read(McSpan value, TermsRow *row);
extern void terms_row_write(WireWriter *writer, const TermsRow *row);

#endif
