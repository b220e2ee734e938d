/** @file The families the lab can run: config.json's model_type to an Architecture. A new family is one more file. */
import { LabError } from '../core/errors.ts';
import type { Architecture, Family, JsonObject } from './architecture.ts';
import { shown } from '../core/json-object.ts';
import { refuseQuantised, wholly } from './config-reader.ts';
import { gemma3Families } from './gemma3.ts';
import { gpt2Family } from './gpt2.ts';
import { gptNeoxFamily } from './gpt-neox.ts';
import { graniteFamily } from './granite.ts';
import { llamaFamilies } from './llama.ts';
import { olmo2Family } from './olmo2.ts';
import { phiFamily } from './phi.ts';
import { phi3Family } from './phi3.ts';

const FAMILIES: readonly Family[] = [
  ...llamaFamilies,
  ...gemma3Families,
  graniteFamily,
  olmo2Family,
  phiFamily,
  phi3Family,
  gpt2Family,
  gptNeoxFamily,
];

export const SUPPORTED_MODEL_TYPES: readonly string[] = FAMILIES.flatMap((family) => family.modelTypes);

/** @throws LabError `unsupported-architecture` for another model_type or a field that cannot be honoured. */
export function architectureFromConfig(config: JsonObject): Architecture {
  const { model_type: modelType } = config;
  const family = FAMILIES.find(
    ({ modelTypes }) => typeof modelType === 'string' && modelTypes.includes(modelType),
  );
  if (family === undefined) {
    throw new LabError(
      'unsupported-architecture',
      `config.json: model_type is ${shown(modelType)}, which the lab does not compute.`,
      { remedy: `Choose a checkpoint of ${SUPPORTED_MODEL_TYPES.join(', ')}.` },
    );
  }
  refuseQuantised(config);
  return wholly(config, (fields) => family.fromConfig(fields));
}
