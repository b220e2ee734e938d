/** @file Writes an adapter as a folder that PEFT's from_pretrained loads: every field of PEFT 0.20's LoraConfig. */
import { pairRank, type Adapter, type LoraPair } from '../lora/config.ts';
import type { Architecture } from '../models/architecture.ts';
import { validateAdapter } from './adapter-check.ts';
import { BASE_KEY, WEIGHTS_FILE } from './peft.ts';
import { CONFIG_FILE } from './peft-config.ts';
import { PREFIX } from './peft-names.ts';
import { writeSafetensors, type TensorToWrite } from './safetensors-writer.ts';

export interface AdapterFilesOptions {
  /** The base's name on the Hub or its folder; null leaves it to who loads the adapter. */
  readonly baseModelName?: string | null;
}

/** File names to bytes: adapter_config.json and adapter_model.safetensors, whose metadata carries the adapter's
 * baseSha256 where it has one.
 * @throws LabError as validateAdapter: nothing is written that could not be read. */
export function writeAdapter(
  adapter: Adapter,
  architecture: Architecture,
  { baseModelName = null }: AdapterFilesOptions = {},
): Map<string, Uint8Array<ArrayBuffer>> {
  validateAdapter(adapter, architecture);
  const tensors = [...adapter.pairs].flatMap(([module, pair]): TensorToWrite[] => {
    const { a, b } = pair;
    const r = pairRank(adapter.config, pair);
    return [
      { name: `${PREFIX}${module}.lora_A.weight`, dtype: 'F32', shape: [r, a.length / r], data: a },
      { name: `${PREFIX}${module}.lora_B.weight`, dtype: 'F32', shape: [b.length / r, r], data: b },
    ];
  });
  const { baseSha256 } = adapter;
  const metadata = { format: 'pt', ...(baseSha256 === undefined ? {} : { [BASE_KEY]: baseSha256 }) };
  const config = JSON.stringify(peftConfig(adapter, architecture, baseModelName), null, 2);
  return new Map([
    [CONFIG_FILE, new TextEncoder().encode(config)],
    [WEIGHTS_FILE, writeSafetensors(tensors, { metadata })],
  ]);
}

/** By whole names, of which PEFT takes the one that is the module's. */
function patternOf(pairs: Adapter['pairs'], field: keyof Pick<LoraPair, 'r' | 'loraAlpha'>) {
  return Object.fromEntries(
    [...pairs].flatMap(([module, pair]) => (pair[field] === undefined ? [] : [[module, pair[field]]])),
  );
}

function peftConfig({ config, pairs }: Adapter, { linears }: Architecture, baseModelName: string | null) {
  return {
    alora_invocation_tokens: null,
    alpha_pattern: patternOf(pairs, 'loraAlpha'),
    arrow_config: null,
    auto_mapping: null,
    base_model_name_or_path: baseModelName,
    bias: 'none',
    corda_config: null,
    ensure_weight_tying: false,
    eva_config: null,
    exclude_modules: null,
    // Whether the adapted weights are stored (in, out), as GPT-2's Conv1D layers are.
    fan_in_fan_out: linears.some(({ module, layout }) => layout === 'in_out' && pairs.has(module)),
    inference_mode: true,
    init_lora_weights: true,
    layer_replication: null,
    layers_pattern: null,
    layers_to_transform: null,
    loftq_config: {},
    lora_alpha: config.loraAlpha,
    lora_bias: false,
    lora_dropout: config.loraDropout,
    lora_ga_config: null,
    megatron_config: null,
    megatron_core: 'megatron.core',
    modules_to_save: null,
    monteclora_config: null,
    peft_type: 'LORA',
    peft_version: '0.20.0',
    qalora_group_size: 16,
    r: config.r,
    rank_pattern: patternOf(pairs, 'r'),
    revision: null,
    target_modules: config.targetModules,
    target_parameters: null,
    task_type: 'CAUSAL_LM',
    trainable_token_indices: null,
    use_bdlora: null,
    use_dora: false,
    use_qalora: false,
    use_rslora: config.useRslora,
    velora_config: null,
  };
}
