/**
 * @file Word lists that belong to no single topic: praise and blame, times, weather, parts of the day, and the
 * bystander verbs and places that say nothing of a topic. Cues come in the same two tiers as in topics.ts.
 */
import type { Tier } from './topics.ts';

type Tiered = Readonly<Record<Tier, readonly string[]>>;

const words = (common: string, rare: string): Tiered => ({
  common: common.split(', '),
  rare: rare.split(', '),
});

/** The same for whole sentences, which hold commas. */
const lines = (common: string, rare: string): Tiered => ({
  common: common.split('| '),
  rare: rare.split('| '),
});

export type Sentiment = 'good' | 'bad';
export type Tense = 'past' | 'present' | 'future';
export type Weather = 'sun' | 'rain' | 'snow' | 'wind';
export type Daytime = 'morning' | 'noon' | 'evening' | 'night';

export const ADJECTIVES: Readonly<Record<Sentiment, Tiered>> = {
  good: words(
    'good, great, nice, lovely, wonderful, excellent, beautiful, perfect, pleasant, fantastic',
    'superb, splendid, delightful, charming, marvellous, terrific, glorious, magnificent, brilliant, flawless, impressive, enjoyable, admirable, exquisite, heavenly, stunning, fabulous, outstanding, remarkable, refreshing, amusing, elegant, tremendous, sublime',
  ),
  bad: words(
    'bad, terrible, awful, horrible, poor, ugly, nasty, boring, dull, unpleasant',
    'dreadful, dismal, ghastly, wretched, miserable, shabby, lousy, appalling, dreary, hideous, clumsy, useless, tedious, annoying, disgusting, mediocre, shoddy, gloomy, pitiful, atrocious, unbearable, pathetic, rotten, tiresome',
  ),
};

/** Verbs of liking, with an object. */
export const LIKING: Readonly<Record<Sentiment, Tiered>> = {
  good: words('like, love, enjoy, praise', 'adore, admire, treasure, cherish, recommend, appreciate'),
  bad: words('hate, dislike, complain about, mock', 'detest, loathe, despise, regret, resent, criticise'),
};

/** "felt ... about". */
export const FEELINGS: Readonly<Record<Sentiment, Tiered>> = {
  good: words('glad, satisfied, cheerful', 'thrilled, grateful, overjoyed, enthusiastic'),
  bad: words('angry, unhappy, disappointed', 'furious, bitter, frustrated, ashamed'),
};

/** "It was ... ." said of a visit or a day. */
export const OUTCOMES: Readonly<Record<Sentiment, Tiered>> = {
  good: words(
    'a great success, worth every penny, better than ever',
    'a dream come true, a stroke of luck, the talk of the town, a real treat',
  ),
  bad: words(
    'a big mistake, a waste of time, worse than ever',
    'a bitter letdown, a complete disaster, an utter mess, a real nightmare',
  ),
};

/** Adjectives of things that neither praise nor blame. */
export const PLAIN_ADJECTIVES =
  'old new small large heavy light round long short other first second last little big empty full red blue green yellow white black brown wooden foreign local'.split(
    ' ',
  );

/** Verbs that fit any thing and tell no topic. */
export const BYSTANDER_VERBS =
  'see, want, need, look for, talk about, find, remember, ask about, point at, notice, mention, think of, speak of'.split(
    ', ',
  );

export const BYSTANDER_PLACES =
  'near the window, in town, by the road, in the street, next door, over there, in the corner, behind the wall, under the bridge, across the river, in the village, near the church, on the hill, around the corner'.split(
    ', ',
  );

export const TIMES: Readonly<Record<Tense, readonly string[]>> = {
  past: 'yesterday, last week, last month, last year, two days ago, a week ago, a year ago, last Monday, last Friday, last summer, last winter, the other day'.split(
    ', ',
  ),
  present:
    'every day, every week, every Monday, every Sunday, these days, most of the time, all year, on Fridays'.split(
      ', ',
    ),
  future:
    'tomorrow, next week, next month, next year, next Monday, next Friday, next summer, one day soon, in two days, in a few weeks'.split(
      ', ',
    ),
};

export const NOW = ['now', 'right now', 'at the moment', 'today'];

/** Main clauses and subordinate clauses about the weather, in the past tense. */
export const WEATHER: Readonly<Record<Weather, Tiered>> = {
  sun: words(
    'the sun was shining, it was a sunny day, the sun was hot, it was warm and sunny',
    'there was not a cloud in the sky, the heatwave went on, everyone wore sunglasses, the lizards lay on the hot stones, the tar on the road melted',
  ),
  rain: words(
    'it was raining, the rain fell all day, it was a rainy day, it rained and rained',
    'it was drizzling, there were puddles everywhere, everyone carried an umbrella, the downpour flooded the street, water dripped from every hat',
  ),
  snow: words(
    'it was snowing, the snow was deep, it was a snowy day, snow fell on the roofs',
    'icicles hung from the roof, the children made a snowman, there was a blizzard, the sledge slid down the slope, white flakes covered the lane',
  ),
  wind: words(
    'the wind blew, it was a windy day, a strong wind shook the trees, the wind was cold',
    'there was a gale, hats flew down the street, the kite rose high, the shutters rattled, a gust slammed the gate',
  ),
};

export const DAYTIME: Readonly<Record<Daytime, Tiered>> = {
  morning: words(
    'in the morning, early in the morning',
    'at dawn, at sunrise, before breakfast, when the rooster crowed, with the first light',
  ),
  noon: words(
    'at noon, around noon',
    "at midday, during lunch, when the sun stood highest, at twelve o'clock",
  ),
  evening: words(
    'in the evening, late in the evening',
    'at dusk, at sunset, before supper, when the lamps were lit, as the shops closed',
  ),
  night: words(
    'at night, late at night',
    'at midnight, under the stars, by moonlight, while everyone slept, when the owls called',
  ),
};

/** What can be wanted of somebody, politely or not; `{do}` is a request such as "bake a cake". */
export const REQUESTS: Readonly<Record<'polite' | 'casual', Tiered>> = {
  polite: lines(
    'Could you please {do}?| Would you kindly {do}?| Please be so kind as to {do}.| May I ask you to {do}, please?',
    'I would be grateful if you could {do}.| Might I trouble you to {do}?| We should be obliged if you would {do}.| Would it be possible for you to {do}, sir?| Dear madam, I beg you to {do}.',
  ),
  casual: lines(
    'Hey, {do}!| Just {do}, okay?| Go and {do} already!| Hey you, {do} now!',
    'Come on, mate, {do}!| Yo, gonna {do} or what?| Oi, {do}, will you!| Listen, pal, {do} and shut up!| Dude, {do}, quick!',
  ),
};

/** Reasons that may close a "because". */
export const REASONS =
  'it was time, nobody else could, the children asked for it, there was nothing else to do, a friend had said so, it was a holiday, everyone was waiting, it had to be done, the day was long, somebody had to'.split(
    ', ',
  );
