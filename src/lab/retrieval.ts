/**
 * @file The k nearest of a set of texts, by words (BM25+, MiniSearch's) or by the model's own states. Equally near texts
 * come in their order, and a query that is near to nothing gets the first k: every query gets k texts.
 */
import type { Retriever } from '../method/ports.ts';

/** One mean-pooled state per text; null for a text without tokens. */
export type Embed = (texts: readonly string[]) => Promise<readonly (Float32Array | null)[]>;

/** Indices by similarity, the largest first; equals, and what is no number, in the texts' order. */
function nearest(similarities: readonly number[], k: number): readonly number[] {
  const of = (index: number) => similarities[index] ?? 0;
  return similarities
    .map((_, index) => index)
    .sort((a, b) => of(b) - of(a) || a - b)
    .slice(0, Math.max(0, k));
}

/** By shared words, whole and lower-cased; rare ones count more. BM25+ (Lv and Zhai 2011), k1 = 1.2, b = 0.7,
 * delta = 0.5. */
export async function bm25(texts: readonly string[]): Promise<Retriever> {
  // Few runs retrieve: it is no part of the page's first script.
  const { default: MiniSearch } = await import('minisearch');
  const index = new MiniSearch<{ readonly id: number; readonly text: string }>({
    fields: ['text'],
    searchOptions: { bm25: { k: 1.2, b: 0.7, d: 0.5 } },
  });
  index.addAll(texts.map((text, id) => ({ id, text })));
  return {
    nearest: (query, k) => {
      const similarities = texts.map(() => 0);
      for (const { id, score } of index.search(query)) {
        if (typeof id === 'number') similarities[id] = score;
      }
      return Promise.resolve(nearest(similarities, k));
    },
  };
}

/** By the cosine of the states that `embed` gives. */
export async function byEmbedding(texts: readonly string[], embed: Embed): Promise<Retriever> {
  const states = await embed(texts);
  return {
    nearest: async (query, k) => {
      const [asked = null] = await embed([query]);
      return nearest(
        states.map((state) => (state === null || asked === null ? 0 : cosine(state, asked))),
        k,
      );
    },
  };
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : 0;
}
