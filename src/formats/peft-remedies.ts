/** @file What to do about a field of PEFT's that the lab does not compute: for each field the remedy of its own. */

/** null, false and empty values switch a field of PEFT off. */
export function neutral(value: unknown): boolean {
  if (value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

const MERGE =
  "merge it into its base (PEFT's merge_and_unload, then save_pretrained) and load the merged model";

const REMEDIES: Readonly<Record<string, string>> = {
  use_dora: `DoRA: ${MERGE}, or train with use_dora=False.`,
  bias: `Trained biases: ${MERGE}, or train with bias="none".`,
  lora_bias: `A bias on B: ${MERGE}, or train with lora_bias=False.`,
  init_lora_weights:
    'Save it again with save_pretrained(..., path_initial_model_for_weight_conversion=...), which makes a plain LoRA of it.',
  lora_embedding: `An adapted embedding: ${MERGE}, or train on linear layers only.`,
  ensure_weight_tying: `A head that shares its adapter with the embedding: ${MERGE}, or train with ensure_weight_tying=False.`,
  trainable_token_indices: `Trained tokens: ${MERGE}.`,
  target_parameters: `Adapted parameters: ${MERGE}.`,
  layer_replication: 'Replicated layers are another model: train on the base as it is.',
  alora_invocation_tokens:
    'An activated LoRA works only after its invocation tokens and cannot be merged: train a plain LoRA.',
  arrow_config: 'A router over several adapters cannot be merged: load one of them.',
  use_qalora: 'Train with use_qalora=False: it works on groups of quantised inputs.',
  use_bdlora: 'Train with use_bdlora unset: its factors are blocks.',
  megatron_config: "Convert it from Megatron's layers to those of the Hub's checkpoint.",
  peft_type: 'Train a LoRA adapter, or merge this one into its base and load the merged model.',
  task_type: 'Train it with task_type="CAUSAL_LM": a head for another task has no place here.',
};

/** The remedies of these fields, each once. */
export function remediesOf(fields: readonly (readonly [field: string, value: unknown])[]): string {
  const told = fields.map(([field]) =>
    Object.hasOwn(REMEDIES, field)
      ? (REMEDIES[field] ?? '')
      : `${field} is not known here: if it does not change what the trained adapter computes, take it out of the file; otherwise ${MERGE}.`,
  );
  return [...new Set(told)].join(' ');
}
