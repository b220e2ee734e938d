/**
 * @file What the world is about: twelve topics, each with its people, doings and places in two tiers of cues.
 * Common cues stand in labelled episodes; rare ones stand only in plain text, so that a task can hold items whose
 * meaning has to be carried over from the company that words keep.
 */
import { noun } from './grammar.ts';
import type { Noun } from './grammar.ts';

export type Tier = 'common' | 'rare';

/** A doing and the things it is done to. */
export interface Act {
  readonly verb: string;
  readonly objects: readonly Noun[];
}

interface TierWords {
  readonly people: readonly Noun[];
  readonly acts: readonly Act[];
  /** Whole phrases: "in the kitchen". */
  readonly places: readonly string[];
  /** All objects of the acts, once each. */
  readonly things: readonly Noun[];
}

export interface Topic {
  readonly name: TopicName;
  /** Words that can name the topic as a label. */
  readonly labels: readonly string[];
  readonly common: TierWords;
  readonly rare: TierWords;
}

function tier(people: string, places: string, acts: string): TierWords {
  const list = acts.split('; ').map((act): Act => {
    const [verb = '', objects = ''] = act.split(': ');
    return { verb, objects: objects.split(', ').map(noun) };
  });
  const things = new Map(list.flatMap((act) => act.objects.map((object) => [object.one, object])));
  return {
    people: people.split(', ').map(noun),
    acts: list,
    places: places.split(', '),
    things: [...things.values()],
  };
}

const TABLE = {
  food: {
    labels: 'food meals cooking eating',
    common: tier(
      'cook, waiter, baker',
      'in the kitchen, at the restaurant',
      'bake: bread~, cake, pie; cook: soup~, rice~, potato/potatoes, egg; eat: sandwich, cheese~, apple, cake; taste: soup~, sauce~, cheese~; order: pizza, salad, dinner',
    ),
    rare: tier(
      'chef, butcher, brewer',
      'in the pantry, at the diner, beside the oven',
      'fry: bacon~, mushroom, onion; grill: sausage, steak; chop: garlic~, carrot, cabbage; stir: porridge~, gravy~, custard~; roast: turkey, chestnut; spread: jam~, butter~; peel: lemon, orange; bake: muffin, pastry',
    ),
  },
  sport: {
    labels: 'sport games athletics fitness',
    common: tier(
      'player, coach, runner',
      'at the stadium, on the field',
      'kick: ball, football; win: game, match, race, cup; score: goal, point; join: team, club; throw: ball',
    ),
    rare: tier(
      'goalkeeper, referee, athlete',
      'at the gym, on the track, at the rink',
      'swing: racket, bat; lift: dumbbell, barbell; lose: tournament, championship, final; wear: helmet, jersey; train for: marathon, relay; chase: puck; block: penalty, serve',
    ),
  },
  music: {
    labels: 'music songs tunes melody',
    common: tier(
      'singer, pianist, drummer',
      'at the concert, on the stage',
      'play: piano, guitar, violin, drum; sing: song; write: song, tune; hear: band, choir, song; join: band, choir',
    ),
    rare: tier(
      'composer, cellist, conductor',
      'at the opera, in the orchestra pit, at the jazz club',
      'tune: cello, banjo, harp; strum: ukulele, lute; blow: trumpet, tuba, flute, clarinet; compose: symphony, waltz, anthem; hum: lullaby, chorus; rehearse: sonata, duet',
    ),
  },
  school: {
    labels: 'school learning lessons study',
    common: tier(
      'teacher, pupil, student',
      'at school, in the classroom',
      'read: book, page; learn: word, lesson, poem; pass: test, exam; teach: lesson, class; write: essay, word',
    ),
    rare: tier(
      'professor, tutor, headmaster',
      'at the college, in the lecture hall, at the blackboard',
      'sharpen: pencil, crayon; solve: equation, riddle, sum; study: grammar~, algebra~, chemistry~; revise: chapter, vocabulary~; mark: homework~, quiz/quizzes; borrow: textbook, dictionary, notebook',
    ),
  },
  travel: {
    labels: 'travel trips journeys touring',
    common: tier(
      'driver, traveller, pilot',
      'at the station, at the airport',
      'drive: car, bus, taxi; catch: train, bus, plane; buy: ticket, map; plan: trip, journey; pack: bag, suitcase',
    ),
    rare: tier(
      'tourist, passenger, hiker',
      'at the hostel, on the motorway, at the border',
      'ride: tram, motorbike, scooter; board: ferry, airliner; book: voyage, excursion, flight; carry: rucksack, passport; miss: connection, shuttle; follow: footpath, signpost; hire: van, limousine',
    ),
  },
  animals: {
    labels: 'animals beasts creatures pets',
    common: tier(
      'farmer, rider, hunter',
      'at the zoo, on the farm',
      'feed: dog, cat, horse, pig; ride: horse, pony; see: lion, bear, elephant; hear: dog, bird, cow; hold: cat, rabbit',
    ),
    rare: tier(
      'shepherd, beekeeper, zookeeper',
      'in the stable, in the barn, at the kennel',
      'milk: goat, camel; shear: sheep/sheep, llama; spot: giraffe, zebra, leopard; tame: falcon, parrot, ferret; chase: squirrel, weasel, hedgehog; groom: donkey, poodle; watch: badger, otter',
    ),
  },
  garden: {
    labels: 'garden plants flowers growing',
    common: tier(
      'gardener, planter, florist',
      'in the garden, in the park',
      'plant: tree, flower, rose, seed; water: plant, flower, grass~; grow: rose, bean, tree; cut: grass~, branch; pick: flower, rose, leaf/leaves',
    ),
    rare: tier(
      'botanist, landscaper, groundskeeper',
      'in the greenhouse, in the orchard, behind the hedge',
      'trim: hedge, bush; dig: flowerbed, trench; pull: weed, nettle; sow: wheat~, barley~, clover~; prune: vine, shrub, willow; arrange: tulip, daisy, orchid, lily; rake: lawn, compost~',
    ),
  },
  health: {
    labels: 'health medicine care healing',
    common: tier(
      'doctor, nurse, dentist',
      'at the hospital, at the clinic',
      'visit: doctor, dentist, patient; take: pill, medicine~; treat: patient, cold, fever; check: heart, tooth/teeth, eye; help: patient',
    ),
    rare: tier(
      'surgeon, pharmacist, midwife/midwives',
      'in the ward, at the pharmacy, in the ambulance',
      'bandage: wound, ankle, wrist; cure: cough, headache, infection; prescribe: ointment~, syrup~, vitamin; examine: lung, kidney, spine; fear: needle, injection; measure: pulse, temperature; rub: bruise, blister',
    ),
  },
  money: {
    labels: 'money business trade finance',
    common: tier(
      'banker, seller, clerk',
      'at the bank, in the shop',
      'pay: bill, price, rent~; save: money~, coin, pound; sell: house, share; count: money~, coin; open: account, shop',
    ),
    rare: tier(
      'accountant, merchant, broker',
      'at the auction, on the stock market, at the counter',
      'owe: debt, mortgage; earn: wage, salary, profit; invest: fortune, dividend; sign: cheque, invoice, contract; raise: loan, fee; refund: deposit, purchase; audit: budget, ledger',
    ),
  },
  home: {
    labels: 'home house housework rooms',
    common: tier(
      'cleaner, builder, painter',
      'at home, in the house',
      'clean: room, floor, window; wash: dish, shirt, window; paint: wall, door; fix: roof, door, lamp; make: bed',
    ),
    rare: tier(
      'plumber, carpenter, housekeeper',
      'in the attic, in the cellar, on the balcony',
      'sweep: carpet, porch, staircase; mend: curtain, cushion, blanket; scrub: sink, bathtub; iron: tablecloth, apron; dust: bookshelf/bookshelves, wardrobe, mantelpiece; unclog: drain, gutter; vacuum: rug, hallway',
    ),
  },
  sea: {
    labels: 'sea ocean sailing water',
    common: tier(
      'sailor, captain, fisherman/fishermen',
      'on the beach, on the boat',
      'sail: boat, ship; catch: fish/fish, crab; watch: wave, ship; swim across: bay, lake; find: shell, island',
    ),
    rare: tier(
      'diver, lifeguard, admiral',
      'in the harbour, on the pier, near the lighthouse',
      'row: dinghy, canoe, raft; haul: anchor, net; steer: yacht, schooner, trawler; collect: pebble, seaweed~, driftwood~; photograph: dolphin, whale, walrus; explore: reef, lagoon; hook: salmon/salmon, herring, mackerel',
    ),
  },
  art: {
    labels: 'art painting design drawing',
    common: tier(
      'artist, actor, dancer',
      'at the museum, at the theatre',
      'draw: picture, face, line; paint: picture, portrait; show: picture, film; act in: play, film; watch: film, play, dance',
    ),
    rare: tier(
      'sculptor, photographer, potter',
      'in the gallery, in the studio, at the exhibition',
      'carve: statue, mask; sketch: skyline, profile; mould: clay~, vase, figurine; frame: canvas/canvases, poster, engraving; design: costume, mosaic, logo; applaud: ballet, tragedy; restore: fresco, tapestry',
    ),
  },
} as const;

export type TopicName = keyof typeof TABLE;

export const TOPIC_NAMES: readonly TopicName[] = [
  'food', 'sport', 'music', 'school', 'travel', 'animals', 'garden', 'health', 'money', 'home', 'sea', 'art',
]; // prettier-ignore

export const TOPICS: ReadonlyMap<TopicName, Topic> = new Map(
  TOPIC_NAMES.map((name) => [name, { ...TABLE[name], name, labels: TABLE[name].labels.split(' ') }]),
);
