/** @file An adapter from a PEFT folder joins those who answer. */
import type { ReactNode } from 'react';
import { FileTrigger } from 'react-aria-components';
import { describeFiles } from '../../core/source.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';

const CONFIG = 'adapter_config.json';

/** The folder that was picked, or the adapter's own number where files were picked one by one. */
export function adapterName(
  files: readonly { readonly webkitRelativePath: string }[],
  taken: number,
): string {
  const at = files.find(({ webkitRelativePath }) => webkitRelativePath.endsWith(CONFIG)) ?? files[0];
  const folders = at?.webkitRelativePath.split('/').slice(0, -1) ?? [];
  return folders.at(-1) ?? `adapter ${taken + 1}`;
}

export function AdapterLoad(): ReactNode {
  const isReady = useLab((state) => state.model.status === 'ready');
  const model = useLab((state) => state.model.ref.name);
  const adapters = useLab((state) => state.adapters);
  const actions = useActions();
  const take = (list: FileList | null) => {
    const files = [...(list ?? [])];
    if (files.length === 0) return;
    void actions.loadAdapter(describeFiles(files), adapterName(files, adapters.length));
  };
  return (
    <section className="play-part" aria-labelledby="load-adapter">
      <h3 id="load-adapter">Load an adapter</h3>
      <div className="button-row">
        <FileTrigger acceptDirectory onSelect={take}>
          <Button isDisabled={!isReady}>PEFT folder…</Button>
        </FileTrigger>
        <FileTrigger allowsMultiple acceptedFileTypes={['.json', '.safetensors']} onSelect={take}>
          <Button look="quiet" isDisabled={!isReady}>
            Its two files…
          </Button>
        </FileTrigger>
      </div>
      <p className="field-note">
        <code>{CONFIG}</code> and <code>adapter_model.safetensors</code>, trained on {model}.
      </p>
      {adapters.map(({ name, health, notes }) => (
        <div key={name} role="group" aria-label={`Adapter ${name}`}>
          <b>{name}</b>
          {[health, ...notes].map((line) => (
            <p key={line} className="field-note">
              {line}
            </p>
          ))}
        </div>
      ))}
    </section>
  );
}
