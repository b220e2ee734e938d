/** @file What a run must know of the loaded model, of what the services told when they loaded it. */
import type { ModelFacts } from '../method/ports.ts';
import type { ModelInfo } from '../protocol/words.ts';
import { learningRateFor } from '../words/learning-rate.ts';

export const modelFacts = ({
  label,
  sha256,
  maxPositions,
  eosTokenIds,
  parameters,
}: ModelInfo): ModelFacts => ({
  ...{ name: label, sha256, maxPositions, eosTokenIds },
  learningRate: learningRateFor(parameters).rate,
});
