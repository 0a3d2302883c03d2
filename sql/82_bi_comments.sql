-- 82_bi_comments.sql - what tools show beside a table and a column of mes_bi, in English and Chinese.

COMMENT ON TABLE mes_bi.dim_date IS 'days, in UTC · 日期（UTC）';
COMMENT ON TABLE mes_bi.dim_medium IS 'media for which a work is licensed · 许可媒介';
COMMENT ON TABLE mes_bi.dim_licence_kind IS 'kinds of licence · 许可类型';
COMMENT ON TABLE mes_bi.dim_territory IS 'countries and regions of ISO 3166-1, and the whole world · 国家与地区（ISO 3166-1）及全球';
COMMENT ON TABLE mes_bi.dim_account IS 'accounts in the order in which the ledger met them; 0 is nobody · 账户，按在账本中首次出现的顺序；0 表示无账户';
COMMENT ON TABLE mes_bi.dim_member IS 'members of the federation · 联盟成员';
COMMENT ON TABLE mes_bi.dim_asset IS 'assets in order of issue · 资产，按发行顺序';
COMMENT ON TABLE mes_bi.dim_work IS 'registered works; 0 is none · 已登记的作品；0 表示无';
COMMENT ON TABLE mes_bi.dim_licence IS 'licences as they stand, brought up to date by the block that changes one; 0 is none · 许可的当前状态，随区块更新；0 表示无';
COMMENT ON TABLE mes_bi.fact_licence_sale IS 'one row a licence that was granted or bought · 每次授予或购买许可一行';
COMMENT ON TABLE mes_bi.fact_royalty IS 'what owners of works earned: one row a part, which is one payment · 权利人收入：每一份额一行，即一笔支付';
COMMENT ON TABLE mes_bi.fact_share_change IS 'one row a holder whose share of a work changed · 作品份额每次变动、每位持有人一行';
COMMENT ON TABLE mes_bi.agg_revenue_day IS 'revenue of works by day, territory, medium and reason: the sum of fact_royalty · 作品收入按日、地域、媒介与原因汇总，即 fact_royalty 之和';
COMMENT ON TABLE mes_bi.agg_payee_month IS 'what holders earned by month, work and reason: the sum of fact_royalty · 权利人收入按月、作品与原因汇总，即 fact_royalty 之和';
COMMENT ON TABLE mes_bi.fact_block IS 'one row a block · 每个区块一行';
COMMENT ON TABLE mes_bi.fact_transfer IS 'one row for each amount that moved: payments, issues, burns; change left out · 每笔资产变动一行：支付、发行、销毁，不含找零';
COMMENT ON TABLE mes_bi.fact_fee IS 'one row a transaction that paid a fee · 每笔支付手续费的交易一行';
COMMENT ON TABLE mes_bi.fact_refusal IS 'one row a transaction that the ledger refused · 每笔被账本拒绝的交易一行';
COMMENT ON TABLE mes_bi.fact_rate IS 'one row an exchange of two assets between two parties in one transaction · 双方在一笔交易内互换两种资产，每次一行';

DO $$
DECLARE
  said record;
  found record;
  texts text[][] := ARRAY[
    ['height', 'block · 区块高度'],
    ['block_time', 'chain time of the block, UTC · 区块时间（UTC）'],
    ['date_key', 'day of the block · 区块日期'],
    ['position', 'place of the transaction in the block, from 0 · 交易在区块中的位置，从 0 起'],
    ['txid_hex', 'transaction, as hex · 交易标识（十六进制）'],
    ['asset_key', 'asset · 资产'],
    ['operation', 'kind of operation; multiple when there are several · 操作类型；多个操作时为 multiple'],
    ['reference', 'reference that the payer gave, such as an invoice number · 付款方填写的业务编号，如发票号'],
    ['memo', 'memo of the payment · 支付附言'],
    ['work_key', 'work · 作品'],
    ['licence_key', 'licence; 0 when there is none · 许可；无则为 0'],
    ['territory_key', 'country or region; 0 when there is none · 国家或地区；无则为 0'],
    ['medium_key', 'medium; -1 when there is none · 媒介；无则为 -1'],
    ['licence_kind_key', 'kind of licence · 许可类型'],
    ['licensor_account_key', 'who grants the licence · 许可人'],
    ['licensee_account_key', 'who has the licence; 0 while it is on offer · 被许可人；仅要约时为 0'],
    ['payer_account_key', 'who paid · 付款账户'],
    ['payee_account_key', 'who earned · 收款权利人'],
    ['amount', 'amount in whole units · 金额'],
    ['name_en', 'name in English · 英文名称'],
    ['name_zh', 'name in Chinese · 中文名称'],
    ['dim_date.date_key', 'the day as yyyymmdd · 日期，yyyymmdd'],
    ['dim_date.calendar_date', 'the day · 日期'],
    ['dim_date.year_number', 'year · 年'],
    ['dim_date.quarter_number', 'quarter, 1 to 4 · 季度，1 至 4'],
    ['dim_date.month_number', 'month, 1 to 12 · 月，1 至 12'],
    ['dim_date.day_number', 'day of the month · 日'],
    ['dim_date.year_quarter', 'year and quarter, as 2026-Q4 · 年与季度，如 2026-Q4'],
    ['dim_date.year_month', 'year and month, as 2026-11 · 年与月，如 2026-11'],
    ['dim_date.month_name_en', 'month in English · 英文月份'],
    ['dim_date.month_name_zh', 'month in Chinese · 中文月份'],
    ['dim_date.iso_week', 'week of ISO 8601 · ISO 8601 周'],
    ['dim_date.iso_weekday', 'day of the week, Monday is 1 · 星期，周一为 1'],
    ['dim_date.weekday_name_en', 'day of the week in English · 英文星期'],
    ['dim_date.weekday_name_zh', 'day of the week in Chinese · 中文星期'],
    ['dim_date.is_weekend', 'Saturday or Sunday · 是否周末'],
    ['dim_date.is_month_end', 'last day of its month · 是否月末'],
    ['dim_date.is_quarter_end', 'last day of its quarter · 是否季末'],
    ['dim_medium.medium_key', 'number of the medium, as on the ledger; -1 none · 媒介编号，与账本一致；-1 表示无'],
    ['dim_medium.code', 'code, as on the ledger · 媒介代码，与账本一致'],
    ['dim_licence_kind.licence_kind_key', 'number of the kind · 类型编号'],
    ['dim_licence_kind.code', 'code of the kind · 类型代码'],
    ['dim_licence_kind.is_exclusive', 'nobody else is licensed for the same · 是否独占'],
    ['dim_licence_kind.is_sublicence', 'granted under another licence · 是否分许可'],
    ['dim_territory.territory_key', 'number made of the two letters of the code · 由代码两个字母构成的编号'],
    ['dim_territory.iso_code', 'code of ISO 3166-1; NONE and WORLD beside it · ISO 3166-1 代码；另有 NONE（无）与 WORLD（全球）'],
    ['dim_account.account_key', 'number of the account · 账户编号'],
    ['dim_account.address', 'address · 账户地址'],
    ['dim_account.first_height', 'block in which it first appeared · 首次出现的区块'],
    ['dim_account.first_seen_at', 'chain time of that block · 首次出现的时间'],
    ['dim_account.first_date_key', 'day of that block · 首次出现的日期'],
    ['dim_member.member_key', 'number of the member, from 0 · 成员编号，从 0 起'],
    ['dim_member.member', 'name of the member · 成员名称'],
    ['dim_member.voting_key_hex', 'key with which it signs blocks, as hex · 成员签署区块的公钥（十六进制）'],
    ['dim_member.standing', 'active, suspended or removed, as last decided; holds from the next epoch on · 成员状态：active 有效、suspended 暂停、removed 已移除；下一周期起生效'],
    ['dim_asset.asset_key', 'number of the asset · 资产编号'],
    ['dim_asset.code', 'code of the asset · 资产代码'],
    ['dim_asset.decimals', 'digits after the point in a whole unit · 小数位数'],
    ['dim_asset.issuer_account_key', 'account that received the first units · 首次发行的接收账户'],
    ['dim_asset.is_reissuable', 'its issuer may issue more · 发行人可否增发'],
    ['dim_asset.issued_height', 'block of the first issue · 首次发行的区块'],
    ['dim_asset.issued_at', 'chain time of the first issue · 首次发行的时间'],
    ['dim_work.work_key', 'number of the work · 作品编号'],
    ['dim_work.work_id_hex', 'id of the work, as hex · 作品标识（十六进制）'],
    ['dim_work.title', 'title · 片名'],
    ['dim_work.title_zh', 'title in Chinese · 中文片名'],
    ['dim_work.kind', 'kind of work, as film or series · 作品类型，如 film、series'],
    ['dim_work.isan', 'international number of an audiovisual work, ISAN · 国际标准视听作品号'],
    ['dim_work.eidr', 'identifier of entertainment works, EIDR · 娱乐标识注册号'],
    ['dim_work.isrc', 'international code of a recording, ISRC · 国际标准录音制品编码'],
    ['dim_work.content_hash_hex', 'SHA-256 of the content, as hex · 内容的 SHA-256（十六进制）'],
    ['dim_work.registrant_account_key', 'who registered it · 登记人'],
    ['dim_work.registered_height', 'block that registered it · 登记的区块'],
    ['dim_work.registered_at', 'chain time of that block · 登记时间'],
    ['dim_licence.licence_key', 'number of the licence · 许可编号'],
    ['dim_licence.licence_id_hex', 'id of the licence, as hex · 许可标识（十六进制）'],
    ['dim_licence.territory_code', 'territory as the licence says it, as CN or CN-GD · 许可所载地域，如 CN 或 CN-GD'],
    ['dim_licence.status', 'offered, active, revoked or withdrawn · 状态：要约、有效、撤销、撤回'],
    ['dim_licence.valid_from', 'begin · 起始时间'],
    ['dim_licence.valid_until', 'end; null: for good · 终止时间；空表示永久'],
    ['dim_licence.granted_height', 'block that granted or sold it · 授予或售出的区块'],
    ['dim_licence.granted_at', 'chain time of that block · 授予或售出的时间'],
    ['dim_licence.changed_height', 'block that changed it last · 最后变更的区块'],
    ['fact_licence_sale.licence_sale_key', 'key of the row · 主键'],
    ['fact_licence_sale.amount', 'price of the licence · 许可价格'],
    ['fact_royalty.royalty_key', 'key of the row, that of its payment in fact_transfer · 主键，与 fact_transfer 中的支付相同'],
    ['fact_royalty.period_date_key', 'day that it is for: the first of the month with which the reference begins, as 2026-03, else the day of the block · 所属期间：业务编号以月份（如 2026-03）开头时为该月首日，否则为区块日期'],
    ['fact_royalty.work_key', 'work whose share earned it · 获得该收入的作品'],
    ['fact_royalty.source_work_key', 'work that was paid for; another one when the earning work is its source · 被付费的作品；若收入归其来源作品则不同'],
    ['fact_royalty.transfer_index', 'number of the payment in its transaction · 在交易中的序号'],
    ['fact_royalty.reason', 'licence, usage, revenue, direct or resale · 原因：许可、使用、收入分成、直接、转售'],
    ['fact_royalty.amount', 'what the holder earned · 权利人所得金额'],
    ['fact_share_change.share_change_key', 'key of the row · 主键'],
    ['fact_share_change.account_key', 'holder · 持有人'],
    ['fact_share_change.share_ppm_before', 'share before, parts per million · 变动前份额（百万分之）'],
    ['fact_share_change.share_ppm_after', 'share after, parts per million · 变动后份额（百万分之）'],
    ['fact_share_change.amount', 'change, as a part of 1 · 变动，以 1 为整体'],
    ['agg_revenue_day.revenue_key', 'key of the row · 主键'],
    ['agg_revenue_day.height', 'block that added to it last · 最后累加的区块'],
    ['agg_revenue_day.block_time', 'chain time of that block, UTC · 该区块时间（UTC）'],
    ['agg_revenue_day.date_key', 'day, as period_date_key of fact_royalty · 日期，同 fact_royalty 的 period_date_key'],
    ['agg_revenue_day.source_work_key', 'work that was paid for · 被付费的作品'],
    ['agg_revenue_day.reason', 'as in fact_royalty · 同 fact_royalty'],
    ['agg_revenue_day.royalty_count', 'parts that make it up · 构成的份数'],
    ['agg_revenue_day.amount', 'their sum · 合计金额'],
    ['agg_payee_month.payee_month_key', 'key of the row · 主键'],
    ['agg_payee_month.height', 'block that added to it last · 最后累加的区块'],
    ['agg_payee_month.block_time', 'chain time of that block, UTC · 该区块时间（UTC）'],
    ['agg_payee_month.date_key', 'first day of the month of period_date_key of fact_royalty · fact_royalty 的 period_date_key 所在月份的首日'],
    ['agg_payee_month.source_work_key', 'work that was paid for · 被付费的作品'],
    ['agg_payee_month.work_key', 'work whose holder earned · 权利人所属的作品'],
    ['agg_payee_month.reason', 'as in fact_royalty · 同 fact_royalty'],
    ['agg_payee_month.royalty_count', 'parts that make it up · 构成的份数'],
    ['agg_payee_month.amount', 'their sum · 合计金额'],
    ['fact_block.block_key', 'key of the row, the height · 主键，即区块高度'],
    ['fact_block.proposer_member_key', 'member that proposed the block · 提出区块的成员'],
    ['fact_block.tx_count', 'transactions in the block · 区块中的交易数'],
    ['fact_block.refused_count', 'of them, those refused · 其中被拒绝的交易数'],
    ['fact_block.output_count', 'outputs made · 产生的输出数'],
    ['fact_block.since_previous_time', 'ms of chain time since the block before · 距上一区块的毫秒数'],
    ['fact_block.block_hash_hex', 'hash of the block, as hex · 区块哈希（十六进制）'],
    ['fact_block.state_root_hex', 'state root that a quorum signed, as hex · 法定多数签署的状态根（十六进制）'],
    ['fact_block.amount', 'fees that its transactions paid · 区块内交易支付的手续费'],
    ['fact_transfer.transfer_key', 'key of the row · 主键'],
    ['fact_transfer.from_account_key', 'who paid; 0 for an issue · 付款账户；发行时为 0'],
    ['fact_transfer.to_account_key', 'who was paid; 0 for a burn · 收款账户；销毁时为 0'],
    ['fact_transfer.transfer_index', 'number of the amount in its transaction; negative for a burn · 在交易中的序号；销毁为负'],
    ['fact_transfer.operation', 'operation that moved it · 引起变动的操作'],
    ['fact_transfer.amount', 'amount in whole units, rounded where the asset has more than 8 decimals · 金额；资产小数超过 8 位时四舍五入'],
    ['fact_fee.fee_key', 'key of the row · 主键'],
    ['fact_fee.payer_account_key', 'who paid the fee · 支付手续费的账户'],
    ['fact_fee.asset_key', 'asset in which fees are paid · 手续费资产'],
    ['fact_fee.amount', 'fee in whole units · 手续费金额'],
    ['fact_refusal.refusal_key', 'key of the row · 主键'],
    ['fact_refusal.account_key', 'whose transaction it was · 提交交易的账户'],
    ['fact_refusal.cause', 'name of the refusal, as in mes.error_codes · 拒绝原因的名称，见 mes.error_codes'],
    ['fact_refusal.error_code', 'SQLSTATE of the refusal · 拒绝原因的 SQLSTATE'],
    ['fact_rate.rate_key', 'key of the row · 主键'],
    ['fact_rate.base_asset_key', 'asset that was priced: of the two the one issued later · 被计价资产：两者中后发行的'],
    ['fact_rate.quote_asset_key', 'asset in which it was priced · 计价资产'],
    ['fact_rate.amount', 'amount of the base asset · 被计价资产的数量'],
    ['fact_rate.quote_amount', 'amount of the quote asset · 计价资产的数量'],
    ['fact_rate.rate', 'quote amount a unit of the base asset; null beyond numeric(28,8) · 单位被计价资产的价格；超出 numeric(28,8) 时为空']
  ];
BEGIN
  -- general names first: what a relation says of its own column comes after and stays
  FOR i IN 1 .. array_length(texts, 1) LOOP
    FOR found IN
      SELECT c.relname, a.attname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
       WHERE c.relnamespace = 'mes_bi'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
         AND texts[i][1] IN (a.attname, c.relname || '.' || a.attname)
    LOOP
      EXECUTE format('COMMENT ON COLUMN mes_bi.%I.%I IS %L', found.relname, found.attname, texts[i][2]);
    END LOOP;
  END LOOP;
END $$;
