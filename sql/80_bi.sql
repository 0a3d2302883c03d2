-- 80_bi.sql - the ledger for reports: facts and dimensions, English and Chinese.
--
-- Apply writes them in the block's own transaction (src/bi), so a snapshot never holds a ledger and
-- reports of different heights. Names and meanings are an interface: columns are added, not changed.
-- Foreign keys are for tools that read the model; apply writes past them, and what they demand holds
-- because a block's accounts and assets are written with it.

-- ---- dimensions that never change -------------------------------------------------------------

CREATE TABLE mes_bi.dim_date (
  date_key bigint PRIMARY KEY,
  calendar_date date NOT NULL UNIQUE,
  year_number integer NOT NULL,
  quarter_number integer NOT NULL,
  month_number integer NOT NULL,
  day_number integer NOT NULL,
  year_quarter text NOT NULL,
  year_month text NOT NULL,
  month_name_en text NOT NULL,
  month_name_zh text NOT NULL,
  iso_week integer NOT NULL,
  iso_weekday integer NOT NULL,
  weekday_name_en text NOT NULL,
  weekday_name_zh text NOT NULL,
  is_weekend boolean NOT NULL,
  is_month_end boolean NOT NULL,
  is_quarter_end boolean NOT NULL
);
INSERT INTO mes_bi.dim_date
SELECT pg_catalog.to_char(d, 'YYYYMMDD')::bigint, d, extract(year FROM d)::integer, extract(quarter FROM d)::integer,
       extract(month FROM d)::integer, extract(day FROM d)::integer, pg_catalog.to_char(d, 'YYYY"-Q"Q'),
       pg_catalog.to_char(d, 'YYYY-MM'), pg_catalog.to_char(d, 'FMMonth'), extract(month FROM d) || '月',
       extract(week FROM d)::integer, extract(isodow FROM d)::integer, pg_catalog.to_char(d, 'FMDay'),
       '星期' || pg_catalog.substr('一二三四五六日', extract(isodow FROM d)::integer, 1), extract(isodow FROM d) > 5,
       extract(month FROM d + 1) <> extract(month FROM d), extract(quarter FROM d + 1) <> extract(quarter FROM d)
  FROM (SELECT '2020-01-01'::date + n AS d FROM pg_catalog.generate_series(0, 14609) AS n) AS days;

CREATE TABLE mes_bi.dim_medium (
  medium_key bigint PRIMARY KEY,
  code text COLLATE "C" NOT NULL UNIQUE,
  name_en text NOT NULL,
  name_zh text NOT NULL
);
INSERT INTO mes_bi.dim_medium VALUES
  (-1, 'none', 'no medium', '无媒介'), (0, 'all', 'all media', '全部媒介'), (1, 'cinema', 'cinema', '影院'),
  (2, 'television', 'television', '电视'), (3, 'streaming', 'streaming', '流媒体'),
  (4, 'video', 'video and download', '录像与下载'), (5, 'travel', 'airlines, ships, hotels', '航空与旅行'),
  (6, 'music', 'music use', '音乐使用'), (7, 'publishing', 'print and publishing', '出版'),
  (8, 'merchandise', 'merchandise', '衍生商品'), (9, 'game', 'games', '游戏'), (10, 'stage', 'stage', '舞台'),
  (11, 'remake', 'remake and adaptation', '改编与翻拍');

CREATE TABLE mes_bi.dim_licence_kind (
  licence_kind_key bigint PRIMARY KEY,
  code text COLLATE "C" NOT NULL UNIQUE,
  name_en text NOT NULL,
  name_zh text NOT NULL,
  is_exclusive boolean NOT NULL,
  is_sublicence boolean NOT NULL
);
INSERT INTO mes_bi.dim_licence_kind VALUES
  (0, 'non_exclusive', 'non-exclusive licence', '非独占许可', false, false),
  (1, 'exclusive', 'exclusive licence', '独占许可', true, false),
  (2, 'non_exclusive_sub', 'non-exclusive sublicence', '非独占分许可', false, true),
  (3, 'exclusive_sub', 'exclusive sublicence', '独占分许可', true, true);

-- The key is the code's two letters as numbers, so that it is the same everywhere and needs no look-up.
CREATE TABLE mes_bi.dim_territory (
  territory_key bigint PRIMARY KEY,
  iso_code text COLLATE "C" NOT NULL UNIQUE,
  name_en text NOT NULL,
  name_zh text NOT NULL
);
INSERT INTO mes_bi.dim_territory VALUES
  (0, 'NONE', 'no territory', '无地域'), (1, 'WORLD', 'whole world', '全球');
INSERT INTO mes_bi.dim_territory
SELECT (pg_catalog.ascii(t.iso_code) - 64) * 100 + pg_catalog.ascii(pg_catalog.substr(t.iso_code, 2)) - 64,
       t.iso_code, t.name_en, t.name_zh FROM (VALUES
  ('AD', 'Andorra', '安道尔'), ('AE', 'United Arab Emirates', '阿联酋'), ('AF', 'Afghanistan', '阿富汗'),
  ('AG', 'Antigua and Barbuda', '安提瓜和巴布达'), ('AI', 'Anguilla', '安圭拉'), ('AL', 'Albania', '阿尔巴尼亚'),
  ('AM', 'Armenia', '亚美尼亚'), ('AO', 'Angola', '安哥拉'), ('AQ', 'Antarctica', '南极洲'),
  ('AR', 'Argentina', '阿根廷'), ('AS', 'American Samoa', '美属萨摩亚'), ('AT', 'Austria', '奥地利'),
  ('AU', 'Australia', '澳大利亚'), ('AW', 'Aruba', '阿鲁巴'), ('AX', 'Åland Islands', '奥兰群岛'),
  ('AZ', 'Azerbaijan', '阿塞拜疆'), ('BA', 'Bosnia and Herzegovina', '波黑'),
  ('BB', 'Barbados', '巴巴多斯'), ('BD', 'Bangladesh', '孟加拉国'), ('BE', 'Belgium', '比利时'),
  ('BF', 'Burkina Faso', '布基纳法索'), ('BG', 'Bulgaria', '保加利亚'), ('BH', 'Bahrain', '巴林'),
  ('BI', 'Burundi', '布隆迪'), ('BJ', 'Benin', '贝宁'), ('BL', 'Saint Barthélemy', '圣巴泰勒米'),
  ('BM', 'Bermuda', '百慕大'), ('BN', 'Brunei', '文莱'), ('BO', 'Bolivia', '玻利维亚'),
  ('BQ', 'Caribbean Netherlands', '荷属加勒比区'), ('BR', 'Brazil', '巴西'), ('BS', 'Bahamas', '巴哈马'),
  ('BT', 'Bhutan', '不丹'), ('BV', 'Bouvet Island', '布韦岛'), ('BW', 'Botswana', '博茨瓦纳'),
  ('BY', 'Belarus', '白俄罗斯'), ('BZ', 'Belize', '伯利兹'), ('CA', 'Canada', '加拿大'),
  ('CC', 'Cocos Islands', '科科斯群岛'), ('CD', 'Congo (Kinshasa)', '刚果（金）'),
  ('CF', 'Central African Republic', '中非'), ('CG', 'Congo (Brazzaville)', '刚果（布）'),
  ('CH', 'Switzerland', '瑞士'), ('CI', 'Côte d''Ivoire', '科特迪瓦'), ('CK', 'Cook Islands', '库克群岛'),
  ('CL', 'Chile', '智利'), ('CM', 'Cameroon', '喀麦隆'), ('CN', 'China', '中国'),
  ('CO', 'Colombia', '哥伦比亚'), ('CR', 'Costa Rica', '哥斯达黎加'), ('CU', 'Cuba', '古巴'),
  ('CV', 'Cabo Verde', '佛得角'), ('CW', 'Curaçao', '库拉索'), ('CX', 'Christmas Island', '圣诞岛'),
  ('CY', 'Cyprus', '塞浦路斯'), ('CZ', 'Czechia', '捷克'), ('DE', 'Germany', '德国'),
  ('DJ', 'Djibouti', '吉布提'), ('DK', 'Denmark', '丹麦'), ('DM', 'Dominica', '多米尼克'),
  ('DO', 'Dominican Republic', '多米尼加'), ('DZ', 'Algeria', '阿尔及利亚'), ('EC', 'Ecuador', '厄瓜多尔'),
  ('EE', 'Estonia', '爱沙尼亚'), ('EG', 'Egypt', '埃及'), ('EH', 'Western Sahara', '西撒哈拉'),
  ('ER', 'Eritrea', '厄立特里亚'), ('ES', 'Spain', '西班牙'), ('ET', 'Ethiopia', '埃塞俄比亚'),
  ('FI', 'Finland', '芬兰'), ('FJ', 'Fiji', '斐济'), ('FK', 'Falkland Islands', '福克兰群岛（马尔维纳斯）'),
  ('FM', 'Micronesia', '密克罗尼西亚联邦'), ('FO', 'Faroe Islands', '法罗群岛'), ('FR', 'France', '法国'),
  ('GA', 'Gabon', '加蓬'), ('GB', 'United Kingdom', '英国'), ('GD', 'Grenada', '格林纳达'),
  ('GE', 'Georgia', '格鲁吉亚'), ('GF', 'French Guiana', '法属圭亚那'), ('GG', 'Guernsey', '根西岛'),
  ('GH', 'Ghana', '加纳'), ('GI', 'Gibraltar', '直布罗陀'), ('GL', 'Greenland', '格陵兰'),
  ('GM', 'Gambia', '冈比亚'), ('GN', 'Guinea', '几内亚'), ('GP', 'Guadeloupe', '瓜德罗普'),
  ('GQ', 'Equatorial Guinea', '赤道几内亚'), ('GR', 'Greece', '希腊'),
  ('GS', 'South Georgia and the South Sandwich Islands', '南乔治亚和南桑威奇群岛'),
  ('GT', 'Guatemala', '危地马拉'), ('GU', 'Guam', '关岛'), ('GW', 'Guinea-Bissau', '几内亚比绍'),
  ('GY', 'Guyana', '圭亚那'), ('HK', 'Hong Kong', '中国香港'),
  ('HM', 'Heard and McDonald Islands', '赫德岛和麦克唐纳群岛'), ('HN', 'Honduras', '洪都拉斯'),
  ('HR', 'Croatia', '克罗地亚'), ('HT', 'Haiti', '海地'), ('HU', 'Hungary', '匈牙利'),
  ('ID', 'Indonesia', '印度尼西亚'), ('IE', 'Ireland', '爱尔兰'), ('IL', 'Israel', '以色列'),
  ('IM', 'Isle of Man', '马恩岛'), ('IN', 'India', '印度'),
  ('IO', 'British Indian Ocean Territory', '英属印度洋领地'), ('IQ', 'Iraq', '伊拉克'),
  ('IR', 'Iran', '伊朗'), ('IS', 'Iceland', '冰岛'), ('IT', 'Italy', '意大利'), ('JE', 'Jersey', '泽西岛'),
  ('JM', 'Jamaica', '牙买加'), ('JO', 'Jordan', '约旦'), ('JP', 'Japan', '日本'), ('KE', 'Kenya', '肯尼亚'),
  ('KG', 'Kyrgyzstan', '吉尔吉斯斯坦'), ('KH', 'Cambodia', '柬埔寨'), ('KI', 'Kiribati', '基里巴斯'),
  ('KM', 'Comoros', '科摩罗'), ('KN', 'Saint Kitts and Nevis', '圣基茨和尼维斯'),
  ('KP', 'North Korea', '朝鲜'), ('KR', 'South Korea', '韩国'), ('KW', 'Kuwait', '科威特'),
  ('KY', 'Cayman Islands', '开曼群岛'), ('KZ', 'Kazakhstan', '哈萨克斯坦'), ('LA', 'Laos', '老挝'),
  ('LB', 'Lebanon', '黎巴嫩'), ('LC', 'Saint Lucia', '圣卢西亚'), ('LI', 'Liechtenstein', '列支敦士登'),
  ('LK', 'Sri Lanka', '斯里兰卡'), ('LR', 'Liberia', '利比里亚'), ('LS', 'Lesotho', '莱索托'),
  ('LT', 'Lithuania', '立陶宛'), ('LU', 'Luxembourg', '卢森堡'), ('LV', 'Latvia', '拉脱维亚'),
  ('LY', 'Libya', '利比亚'), ('MA', 'Morocco', '摩洛哥'), ('MC', 'Monaco', '摩纳哥'),
  ('MD', 'Moldova', '摩尔多瓦'), ('ME', 'Montenegro', '黑山'), ('MF', 'Saint Martin', '法属圣马丁'),
  ('MG', 'Madagascar', '马达加斯加'), ('MH', 'Marshall Islands', '马绍尔群岛'),
  ('MK', 'North Macedonia', '北马其顿'), ('ML', 'Mali', '马里'), ('MM', 'Myanmar', '缅甸'),
  ('MN', 'Mongolia', '蒙古'), ('MO', 'Macao', '中国澳门'),
  ('MP', 'Northern Mariana Islands', '北马里亚纳群岛'), ('MQ', 'Martinique', '马提尼克'),
  ('MR', 'Mauritania', '毛里塔尼亚'), ('MS', 'Montserrat', '蒙特塞拉特'), ('MT', 'Malta', '马耳他'),
  ('MU', 'Mauritius', '毛里求斯'), ('MV', 'Maldives', '马尔代夫'), ('MW', 'Malawi', '马拉维'),
  ('MX', 'Mexico', '墨西哥'), ('MY', 'Malaysia', '马来西亚'), ('MZ', 'Mozambique', '莫桑比克'),
  ('NA', 'Namibia', '纳米比亚'), ('NC', 'New Caledonia', '新喀里多尼亚'), ('NE', 'Niger', '尼日尔'),
  ('NF', 'Norfolk Island', '诺福克岛'), ('NG', 'Nigeria', '尼日利亚'), ('NI', 'Nicaragua', '尼加拉瓜'),
  ('NL', 'Netherlands', '荷兰'), ('NO', 'Norway', '挪威'), ('NP', 'Nepal', '尼泊尔'),
  ('NR', 'Nauru', '瑙鲁'), ('NU', 'Niue', '纽埃'), ('NZ', 'New Zealand', '新西兰'), ('OM', 'Oman', '阿曼'),
  ('PA', 'Panama', '巴拿马'), ('PE', 'Peru', '秘鲁'), ('PF', 'French Polynesia', '法属波利尼西亚'),
  ('PG', 'Papua New Guinea', '巴布亚新几内亚'), ('PH', 'Philippines', '菲律宾'), ('PK', 'Pakistan', '巴基斯坦'),
  ('PL', 'Poland', '波兰'), ('PM', 'Saint Pierre and Miquelon', '圣皮埃尔和密克隆'),
  ('PN', 'Pitcairn', '皮特凯恩'), ('PR', 'Puerto Rico', '波多黎各'), ('PS', 'Palestine', '巴勒斯坦'),
  ('PT', 'Portugal', '葡萄牙'), ('PW', 'Palau', '帕劳'), ('PY', 'Paraguay', '巴拉圭'),
  ('QA', 'Qatar', '卡塔尔'), ('RE', 'Réunion', '留尼汪'), ('RO', 'Romania', '罗马尼亚'),
  ('RS', 'Serbia', '塞尔维亚'), ('RU', 'Russia', '俄罗斯'), ('RW', 'Rwanda', '卢旺达'),
  ('SA', 'Saudi Arabia', '沙特阿拉伯'), ('SB', 'Solomon Islands', '所罗门群岛'),
  ('SC', 'Seychelles', '塞舌尔'), ('SD', 'Sudan', '苏丹'), ('SE', 'Sweden', '瑞典'),
  ('SG', 'Singapore', '新加坡'), ('SH', 'Saint Helena', '圣赫勒拿'), ('SI', 'Slovenia', '斯洛文尼亚'),
  ('SJ', 'Svalbard and Jan Mayen', '斯瓦尔巴和扬马延'), ('SK', 'Slovakia', '斯洛伐克'),
  ('SL', 'Sierra Leone', '塞拉利昂'), ('SM', 'San Marino', '圣马力诺'), ('SN', 'Senegal', '塞内加尔'),
  ('SO', 'Somalia', '索马里'), ('SR', 'Suriname', '苏里南'), ('SS', 'South Sudan', '南苏丹'),
  ('ST', 'São Tomé and Príncipe', '圣多美和普林西比'), ('SV', 'El Salvador', '萨尔瓦多'),
  ('SX', 'Sint Maarten', '荷属圣马丁'), ('SY', 'Syria', '叙利亚'), ('SZ', 'Eswatini', '斯威士兰'),
  ('TC', 'Turks and Caicos Islands', '特克斯和凯科斯群岛'), ('TD', 'Chad', '乍得'),
  ('TF', 'French Southern Territories', '法属南部领地'), ('TG', 'Togo', '多哥'), ('TH', 'Thailand', '泰国'),
  ('TJ', 'Tajikistan', '塔吉克斯坦'), ('TK', 'Tokelau', '托克劳'), ('TL', 'Timor-Leste', '东帝汶'),
  ('TM', 'Turkmenistan', '土库曼斯坦'), ('TN', 'Tunisia', '突尼斯'), ('TO', 'Tonga', '汤加'),
  ('TR', 'Türkiye', '土耳其'), ('TT', 'Trinidad and Tobago', '特立尼达和多巴哥'), ('TV', 'Tuvalu', '图瓦卢'),
  ('TW', 'Taiwan', '中国台湾'), ('TZ', 'Tanzania', '坦桑尼亚'), ('UA', 'Ukraine', '乌克兰'),
  ('UG', 'Uganda', '乌干达'), ('UM', 'United States Outlying Islands', '美国本土外小岛屿'),
  ('US', 'United States', '美国'), ('UY', 'Uruguay', '乌拉圭'), ('UZ', 'Uzbekistan', '乌兹别克斯坦'),
  ('VA', 'Holy See', '梵蒂冈'), ('VC', 'Saint Vincent and the Grenadines', '圣文森特和格林纳丁斯'),
  ('VE', 'Venezuela', '委内瑞拉'), ('VG', 'British Virgin Islands', '英属维尔京群岛'),
  ('VI', 'United States Virgin Islands', '美属维尔京群岛'), ('VN', 'Vietnam', '越南'),
  ('VU', 'Vanuatu', '瓦努阿图'), ('WF', 'Wallis and Futuna', '瓦利斯和富图纳'), ('WS', 'Samoa', '萨摩亚'),
  ('YE', 'Yemen', '也门'), ('YT', 'Mayotte', '马约特'), ('ZA', 'South Africa', '南非'),
  ('ZM', 'Zambia', '赞比亚'), ('ZW', 'Zimbabwe', '津巴布韦')
) AS t (iso_code, name_en, name_zh);

-- ---- dimensions that the ledger fills ---------------------------------------------------------

CREATE TABLE mes_bi.dim_account (
  account_key bigint PRIMARY KEY,
  address text COLLATE "C" NOT NULL UNIQUE,
  first_height bigint NOT NULL,
  first_seen_at timestamptz,
  first_date_key bigint REFERENCES mes_bi.dim_date
);
INSERT INTO mes_bi.dim_account VALUES (0, 'nobody', 0, NULL, NULL);

CREATE TABLE mes_bi.dim_member (
  member_key bigint PRIMARY KEY,
  member text NOT NULL,
  voting_key_hex text COLLATE "C" NOT NULL,
  standing text COLLATE "C" NOT NULL DEFAULT 'active'
);

CREATE TABLE mes_bi.dim_asset (
  asset_key bigint PRIMARY KEY,
  code text COLLATE "C" NOT NULL UNIQUE,
  decimals integer NOT NULL,
  issuer_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  is_reissuable boolean NOT NULL,
  issued_height bigint NOT NULL,
  issued_at timestamptz NOT NULL
);

-- 0 stands for no work and no licence, so that every fact joins
CREATE TABLE mes_bi.dim_work (
  work_key bigint PRIMARY KEY,
  work_id_hex text COLLATE "C" NOT NULL UNIQUE,
  title text NOT NULL,
  title_zh text,
  kind text COLLATE "C" NOT NULL,
  isan text COLLATE "C",
  eidr text COLLATE "C",
  isrc text COLLATE "C",
  content_hash_hex text COLLATE "C" NOT NULL,
  registrant_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  registered_height bigint NOT NULL,
  registered_at timestamptz
);
INSERT INTO mes_bi.dim_work VALUES (0, '', 'no work', '无作品', 'none', NULL, NULL, NULL, '', 0, 0, NULL);

CREATE TABLE mes_bi.dim_licence (
  licence_key bigint PRIMARY KEY,
  licence_id_hex text COLLATE "C" NOT NULL UNIQUE,
  work_key bigint NOT NULL REFERENCES mes_bi.dim_work,
  licensor_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  licensee_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  territory_key bigint NOT NULL REFERENCES mes_bi.dim_territory,
  medium_key bigint NOT NULL REFERENCES mes_bi.dim_medium,
  licence_kind_key bigint NOT NULL REFERENCES mes_bi.dim_licence_kind,
  territory_code text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  valid_from timestamptz,
  valid_until timestamptz,
  granted_height bigint NOT NULL,
  granted_at timestamptz,
  changed_height bigint NOT NULL
);
INSERT INTO mes_bi.dim_licence VALUES (0, '', 0, 0, 0, 0, -1, 0, 'NONE', 'none', NULL, NULL, 0, NULL, 0);

-- ---- facts ------------------------------------------------------------------------------------

CREATE TABLE mes_bi.fact_block (
  block_key bigint PRIMARY KEY,
  height bigint NOT NULL,
  block_time timestamptz NOT NULL,
  date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  proposer_member_key bigint NOT NULL REFERENCES mes_bi.dim_member,
  tx_count integer NOT NULL,
  refused_count integer NOT NULL,
  output_count integer NOT NULL,
  since_previous_time bigint,
  block_hash_hex text COLLATE "C" NOT NULL,
  state_root_hex text COLLATE "C" NOT NULL,
  amount numeric(28,8) NOT NULL
);

CREATE TABLE mes_bi.fact_transfer (
  transfer_key bigint PRIMARY KEY,
  height bigint NOT NULL,
  block_time timestamptz NOT NULL,
  date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  from_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  to_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  asset_key bigint NOT NULL REFERENCES mes_bi.dim_asset,
  position integer NOT NULL,
  transfer_index integer NOT NULL,
  operation text COLLATE "C" NOT NULL,
  txid_hex text COLLATE "C" NOT NULL,
  amount numeric(28,8) NOT NULL,
  reference text,
  memo text
);

CREATE TABLE mes_bi.fact_fee (
  fee_key bigint PRIMARY KEY,
  height bigint NOT NULL,
  block_time timestamptz NOT NULL,
  date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  payer_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  asset_key bigint NOT NULL REFERENCES mes_bi.dim_asset,
  position integer NOT NULL,
  operation text COLLATE "C" NOT NULL,
  txid_hex text COLLATE "C" NOT NULL,
  amount numeric(28,8) NOT NULL
);

CREATE TABLE mes_bi.fact_refusal (
  refusal_key bigint PRIMARY KEY,
  height bigint NOT NULL,
  block_time timestamptz NOT NULL,
  date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  position integer NOT NULL,
  operation text COLLATE "C" NOT NULL,
  cause text COLLATE "C" NOT NULL,
  error_code text COLLATE "C" NOT NULL,
  txid_hex text COLLATE "C" NOT NULL,
  reference text
);

CREATE TABLE mes_bi.fact_rate (
  rate_key bigint PRIMARY KEY,
  height bigint NOT NULL,
  block_time timestamptz NOT NULL,
  date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  base_asset_key bigint NOT NULL REFERENCES mes_bi.dim_asset,
  quote_asset_key bigint NOT NULL REFERENCES mes_bi.dim_asset,
  position integer NOT NULL,
  txid_hex text COLLATE "C" NOT NULL,
  amount numeric(28,8) NOT NULL,
  quote_amount numeric(28,8) NOT NULL,
  rate numeric(28,8)
);

-- blocks come in order of time: a few pages of index find a week among years
CREATE INDEX fact_transfer_block_time ON mes_bi.fact_transfer USING brin (block_time) WITH (pages_per_range = 32);

CREATE TABLE mes_bi.fact_licence_sale (
  licence_sale_key bigint PRIMARY KEY,
  height bigint NOT NULL,
  block_time timestamptz NOT NULL,
  date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  licence_key bigint NOT NULL REFERENCES mes_bi.dim_licence,
  work_key bigint NOT NULL REFERENCES mes_bi.dim_work,
  licensor_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  licensee_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  territory_key bigint NOT NULL REFERENCES mes_bi.dim_territory,
  medium_key bigint NOT NULL REFERENCES mes_bi.dim_medium,
  licence_kind_key bigint NOT NULL REFERENCES mes_bi.dim_licence_kind,
  asset_key bigint NOT NULL REFERENCES mes_bi.dim_asset,
  position integer NOT NULL,
  txid_hex text COLLATE "C" NOT NULL,
  amount numeric(28,8) NOT NULL
);

CREATE TABLE mes_bi.fact_royalty (
  royalty_key bigint PRIMARY KEY,
  height bigint NOT NULL,
  block_time timestamptz NOT NULL,
  date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  period_date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  work_key bigint NOT NULL REFERENCES mes_bi.dim_work,
  source_work_key bigint NOT NULL REFERENCES mes_bi.dim_work,
  payer_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  payee_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  licence_key bigint NOT NULL REFERENCES mes_bi.dim_licence,
  territory_key bigint NOT NULL REFERENCES mes_bi.dim_territory,
  medium_key bigint NOT NULL REFERENCES mes_bi.dim_medium,
  asset_key bigint NOT NULL REFERENCES mes_bi.dim_asset,
  position integer NOT NULL,
  transfer_index integer NOT NULL,
  reason text COLLATE "C" NOT NULL,
  txid_hex text COLLATE "C" NOT NULL,
  amount numeric(28,8) NOT NULL,
  reference text
);
CREATE INDEX fact_royalty_block_time ON mes_bi.fact_royalty USING brin (block_time) WITH (pages_per_range = 32);

CREATE TABLE mes_bi.fact_share_change (
  share_change_key bigint PRIMARY KEY,
  height bigint NOT NULL,
  block_time timestamptz NOT NULL,
  date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  work_key bigint NOT NULL REFERENCES mes_bi.dim_work,
  account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  position integer NOT NULL,
  share_ppm_before integer NOT NULL,
  share_ppm_after integer NOT NULL,
  txid_hex text COLLATE "C" NOT NULL,
  amount numeric(28,8) NOT NULL
);

-- What dashboards sum up: one row a key, which blocks add to in place. They look for a row by its
-- number, and update no indexed column, so that a new version stays on its page.
CREATE TABLE mes_bi.agg_revenue_day (
  revenue_key bigint PRIMARY KEY,
  height bigint NOT NULL,
  block_time timestamptz NOT NULL,
  date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  source_work_key bigint NOT NULL REFERENCES mes_bi.dim_work,
  territory_key bigint NOT NULL REFERENCES mes_bi.dim_territory,
  medium_key bigint NOT NULL REFERENCES mes_bi.dim_medium,
  asset_key bigint NOT NULL REFERENCES mes_bi.dim_asset,
  reason text COLLATE "C" NOT NULL,
  royalty_count bigint NOT NULL,
  amount numeric(28,8) NOT NULL,
  UNIQUE (date_key, source_work_key, territory_key, medium_key, asset_key, reason)
) WITH (fillfactor = 30);

CREATE TABLE mes_bi.agg_payee_month (
  payee_month_key bigint PRIMARY KEY,
  height bigint NOT NULL,
  block_time timestamptz NOT NULL,
  date_key bigint NOT NULL REFERENCES mes_bi.dim_date,
  source_work_key bigint NOT NULL REFERENCES mes_bi.dim_work,
  work_key bigint NOT NULL REFERENCES mes_bi.dim_work,
  payee_account_key bigint NOT NULL REFERENCES mes_bi.dim_account,
  asset_key bigint NOT NULL REFERENCES mes_bi.dim_asset,
  reason text COLLATE "C" NOT NULL,
  royalty_count bigint NOT NULL,
  amount numeric(28,8) NOT NULL,
  UNIQUE (date_key, source_work_key, work_key, payee_account_key, asset_key, reason)
) WITH (fillfactor = 30);
