/** @file The method in plain words, with the papers' terms and what the lab does not claim; then every term. */
import type { ReactNode } from 'react';
import { Term } from '../glossary/term.tsx';
import { ALL_TERMS } from '../glossary/terms.ts';

export function WordsPage(): ReactNode {
  return (
    <div className="words">
      <article className="words-text">
        <h3>What happens here</h3>
        <p>
          A <Term id="base">base model</Term> gets a handful of labelled items, the{' '}
          <Term id="pool">ICL pool</Term>, and many inputs without labels. A few items of the pool are put
          before each input as <Term id="demonstration">demonstrations</Term>, and the model answers{' '}
          <Term id="few-shot">few-shot</Term>. Its answers are its <Term id="self-label">self-labels</Term>.
          Then it is trained to give the same answers <Term id="zero-shot">zero-shot</Term>, without the
          demonstrations. What it could do only when shown, it can now do by itself. That trained model labels
          the next inputs, and so on: <Term id="bootstrapping">bootstrapping</Term>.
        </p>
        <h3>Three methods</h3>
        <p>
          <Term id="soft">SOFT</Term> takes the prompts as they come, a fresh part in every{' '}
          <Term id="round">round</Term>. <Term id="soft-plus">SOFT+</Term> first ranks them by the base’s{' '}
          <Term id="perplexity">perplexity</Term> and starts with the easy ones: wrong labels are rarer there,
          and a student of easy parts may be a better teacher for the hard ones. <Term id="isara">ISARA</Term>{' '}
          has no prompts at all: the model writes its own.
        </p>
        <h3>What makes a gain mean something</h3>
        <p>
          Asked zero-shot, a trained model knows the form of the answer and an untrained one may not, so a
          lead over it says little. The question is what the <em>rounds</em> add. The{' '}
          <Term id="frozen-teacher">frozen teacher</Term> trains exactly as SOFT does, but lets the base label
          everything: the difference is the <Term id="bootstrapping-effect">bootstrapping effect</Term>. A{' '}
          <Term id="single-round">single round</Term> spends the same training at once.{' '}
          <Term id="gold">Gold</Term> shows how far right labels would reach, and the{' '}
          <Term id="floor">floors</Term> what needs no training. If only the{' '}
          <Term id="valid_label_rate">valid-label rate</Term> rises, the model has learned how to answer
          rather than what.
        </p>
        <h3>When it does not work</h3>
        <p>
          If too many self-labels are wrong, rounds may repeat the errors and the curve may sink. The model
          may <Term id="collapse">collapse</Term> into one answer. And where gold reaches no higher than SOFT,
          there was nothing for better labels to win. A flat line is a result too: one{' '}
          <Term id="seed">seed</Term> proves nothing in either direction, so look at the{' '}
          <Term id="interval">interval</Term> over several.
        </p>
        <h3>What the lab does not claim</h3>
        <p>
          SOFT and SOFT+ are described in <cite>Step-On-Feet Tuning</cite> (arXiv 2402.07610), ISARA in{' '}
          <cite>Human-Instruction-Free LLM Self-Alignment with Limited Samples</cite> (arXiv 2401.06785). Only
          their abstracts and digests could be read; where those are silent, the lab decides and says so. It
          does not replicate the papers’ tables, and a model of a million parameters is not theirs.
        </p>
      </article>
      <section className="words-list" aria-labelledby="glossary">
        <h3 id="glossary">Every term</h3>
        <dl>
          {ALL_TERMS.map(({ title, text, source }) => (
            <div key={title}>
              <dt>{title}</dt>
              <dd>
                {text}
                {source !== '' && <span className="faint"> {source}.</span>}
              </dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}
