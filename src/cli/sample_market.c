/*
 * sample_market.c - who is in the film market and what they own and license. Nothing here is random
 * but what the seed says, so the same seed makes the same market.
 */
#include "base/digest.h"
#include "cli/sample.h"
#include "rights/field.h"
#include "rights/row.h"
#include "rights/work.h"
#include "tx/condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)

static const char *const studios[SAMPLE_STUDIOS] = {
	"Lotus Pictures 莲花影业", "Red Lantern Films 红灯笼", "Golden Gate Media",
	"Jade Studio 玉制片",      "Silk Road Films 丝路影业", "North Star Pictures",
	"Rive Gauche Films",       "Han River Studio",         "Pearl River 珠江影业",
	"Cloud Nine 九云",         "Blue Whale Media",         "Yellow Crane 黄鹤",
};
static const char *const people[SAMPLE_PEOPLE] = {
	"Lin Wei 林薇", "Zhao Min 赵敏", "A. Moreau",    "Chen Yu 陈瑜", "K. Tanaka",    "S. Okoye",
	"Wu Gang 吴刚", "M. Rossi",      "Li Na 李娜",   "D. Keller",    "Sun Jie 孙杰", "P. Novak",
	"He Jun 何俊",  "I. Santos",     "Gao Yan 高燕", "T. Larsen",    "Xu Mei 徐梅",  "R. Singh",
};
static const char *const platforms[SAMPLE_PLATFORMS] = {
	"Dragon Cinemas 龙影院",
	"StarStream",
	"CineNord",
	"Metro TV",
	"Bamboo TV 竹台",
	"Sky Screens",
	"Panorama 全景",
	"OceanTV",
	"Lumiere Circuit",
	"Galaxy Video 银河",
	"AirView",
	"Kino Berlin",
	"TV Seoul",
	"Tokyo Screens",
	"Rio Filmes",
	"Harbour Video 海港",
};
static const char *const titles[][2] = {
	{ "River of Lanterns", "灯河" },
	{ "The Last Tea Road", "最后的茶马古道" },
	{ "Snow over Harbin", "哈尔滨之雪" },
	{ "Paper Kites", "纸鸢" },
	{ "A Letter to Lhasa", "寄往拉萨的信" },
	{ "The Clockmaker of Lyon", "里昂的钟表匠" },
	{ "Nine Dragons Alley", "九龙巷" },
	{ "Salt and Silk", "盐与丝" },
	{ "The Night Ferry", "夜航船" },
	{ "Orchard of Glass", "玻璃果园" },
	{ "Autumn in Turpan", "吐鲁番之秋" },
	{ "The Silent Drum", "无声鼓" },
	{ "Moon Gate", "月门" },
	{ "Iron Swallows", "铁燕" },
	{ "Summer of the Cicadas", "蝉夏" },
	{ "The Cartographer", "制图师" },
	{ "Blue Porcelain", "青花" },
	{ "Beyond the Pass", "出塞" },
	{ "Seventh Reel", "第七盘胶片" },
	{ "The Understudy", "替角" },
};
#define TITLE_COUNT (sizeof(titles) / sizeof(titles[0]))
static const char *const territories[] = { "CN", "US", "FR", "DE", "JP", "KR",
										   "GB", "HK", "SG", "BR", "IN", "CN-GD" };
#define TERRITORY_COUNT (sizeof(territories) / sizeof(territories[0]))

/* SplitMix64: enough to look alike, and the same on every machine. */
uint32_t
sample_random(Sample *sample, uint32_t below)
{
	uint64_t z = sample->random += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return (uint32_t) ((z ^ z >> 31) % below);
}

static void
name_party(Sample *sample, uint32_t number)
{
	SampleParty *party = &sample->parties[number];
	const char *name = number == 0                      ? "Settlement Bank 结算银行"
					   : number <= SAMPLE_STUDIOS       ? studios[number - 1]
					   : number < SAMPLE_FIRST_PLATFORM ? people[number - 1 - SAMPLE_STUDIOS]
														: platforms[number - SAMPLE_FIRST_PLATFORM];
	char *of = cli_format("%llu %u", (unsigned long long) sample->seed, number);
	McHash seed;

	snprintf(party->name, sizeof(party->name), "%s", name);
	digest_tagged(&seed, "MES1-sample", span_text(of));
	if (!suite_secret_from_seed(1, seed.bytes, &party->secret))
		cli_fail("cannot make a key");
	condition_address_of_key(&party->secret.key, &party->address);
	free(of);
}

/* The studio first, then three people; a row of shares is in order of addresses. */
static void
share_work(Sample *sample, SampleWork *work)
{
	static const uint32_t parts[][SAMPLE_HOLDERS] = {
		{ 600000, 200000, 150000, 50000 },
		{ 500000, 250000, 150000, 100000 },
		{ 400000, 300000, 200000, 100000 },
	};
	uint32_t split = sample_random(sample, 3);
	uint32_t first = sample_random(sample, SAMPLE_PEOPLE);

	work->shares.count = SAMPLE_HOLDERS;
	for (uint32_t i = 0; i < SAMPLE_HOLDERS; i++)
	{
		uint32_t party =
			i == 0 ? work->studio : 1 + SAMPLE_STUDIOS + (first + i * 5) % SAMPLE_PEOPLE;
		RightsShare share = { sample->parties[party].address, parts[split][i] };
		uint32_t at = i;

		for (; at > 0 &&
			   memcmp(work->shares.items[at - 1].holder.bytes, share.holder.bytes, HASH_SIZE) > 0;
			 at--)
			work->shares.items[at] = work->shares.items[at - 1];
		work->shares.items[at] = share;
	}
}

static void
store_work(SampleWork *work)
{
	WireWriter writer;

	wire_writer_init(&writer, work->stored, sizeof(work->stored));
	work_row_write(&writer, &work->row);
	work->stored_size = writer.size;
	if (writer.full)
		cli_fail("a work of the sample is too large");
	wire_writer_init(&writer, work->stored_shares, sizeof(work->stored_shares));
	shares_row_write(&writer, &work->shares);
	work->stored_shares_size = writer.size;
}

static void
make_work(Sample *sample, uint32_t number)
{
	static const uint8_t empty_map = 0xA0;
	SampleWork *work = &sample->works[number];
	uint32_t part = number / TITLE_COUNT + 1;
	char *content = cli_format("%llu content %u", (unsigned long long) sample->seed, number);
	const char *const *title = titles[number % TITLE_COUNT];

	snprintf(work->title, sizeof(work->title), part > 1 ? "%s, part %u" : "%s", title[0], part);
	snprintf(work->title_zh, sizeof(work->title_zh), part > 1 ? "%s（%u）" : "%s", title[1], part);
	work->studio = 1 + number % SAMPLE_STUDIOS;
	share_work(sample, work);
	work->row = (WorkRow){ .registrant = sample->parties[work->studio].address,
						   .agent = sample->parties[work->studio].address,
						   .kind = number % 4 == 3 ? 2 : 1,
						   .tree = 1,
						   .title = span_text(work->title),
						   .title_zh = span_text(work->title_zh),
						   .metadata = span_of(&empty_map, 1) };
	digest_tagged(&work->row.content_hash, "MES1-sample", span_text(content));
	rights_work_id(&work->row.content_hash, &work->id);
	/* a later part builds upon the first: a tenth of what it earns goes there */
	if (part > 1 && number % 3 == 0)
	{
		work->row.source_count = 1;
		work->row.sources[0] = (RightsSource){ sample->works[number % TITLE_COUNT].id, 100000 };
	}
	store_work(work);
	free(content);
}

static void
make_licence(Sample *sample, uint32_t number)
{
	SampleLicence *licence = &sample->licences[number];
	uint32_t place = number / sample->work_count;
	int64_t month = 30 * DAY_MS;

	licence->work = number % sample->work_count;
	licence->platform = SAMPLE_FIRST_PLATFORM + sample_random(sample, SAMPLE_PLATFORMS);
	licence->row = (LicenceRow){
		.work_id = sample->works[licence->work].id,
		.licensor = sample->parties[sample->works[licence->work].studio].address,
		.standing = true,
		.scope = { .medium = 1 + sample_random(sample, 5),
				   .from_ms = (uint64_t) (sample->time_ms - 13 * month),
				   .until_ms = (uint64_t) (sample->time_ms + DAY_MS +
										   month / 2 * sample_random(sample, 60)) },
		.uses_left = RIGHTS_UNBOUNDED,
		.asset = sample->asset,
		.price = (int64_t) (20 + sample_random(sample, 400)) * 50000,
		.royalty_ppm = 40000 + 10000 * sample_random(sample, 12),
		.notice_ms = RIGHTS_UNBOUNDED,
	};
	snprintf(licence->row.scope.territory, sizeof(licence->row.scope.territory), "%s",
			 territories[(licence->work + place * 5) % TERRITORY_COUNT]);
}

void
sample_make(Sample *sample, int64_t reports)
{
	int64_t works = reports / 400;

	sample->random = sample->seed;
	for (uint32_t i = 0; i < SAMPLE_PARTIES; i++)
		name_party(sample, i);
	sample->work_count = (uint32_t) (works < 20                 ? 20
									 : works > SAMPLE_WORKS_MAX ? SAMPLE_WORKS_MAX
																: works);
	sample->works = cli_alloc(sample->work_count * sizeof(SampleWork));
	memset(sample->works, 0, sample->work_count * sizeof(SampleWork));
	for (uint32_t i = 0; i < sample->work_count; i++)
		make_work(sample, i);
	sample->licence_count = sample->work_count * 6;
	sample->licences = cli_alloc(sample->licence_count * sizeof(SampleLicence));
	memset(sample->licences, 0, sample->licence_count * sizeof(SampleLicence));
	for (uint32_t i = 0; i < sample->licence_count; i++)
		make_licence(sample, i);
}

void
sample_reference(const Sample *sample, const SampleLicence *licence, uint32_t months_ago,
				 char text[SAMPLE_TEXT_MAX])
{
	time_t seconds = (time_t) (sample->time_ms / 1000);
	struct tm now;
	int month;

	gmtime_r(&seconds, &now);
	month = now.tm_year * 12 + now.tm_mon - (int) months_ago;
	snprintf(text, SAMPLE_TEXT_MAX, "%04d-%02d %s %s", 1900 + month / 12, month % 12 + 1,
			 rights_medium_name(licence->row.scope.medium), licence->row.scope.territory);
}
