/**
 * @file A picture, declared once: what it shows and of what, the drawing, its legend, what is to be said of it. All of that
 * goes out with it as it stands on the page, as SVG and PNG, and its figures as CSV.
 */
import type { ReactNode, RefObject } from 'react';
import { useRef } from 'react';
import { Button } from '../kit/button.tsx';
import { saveCsv } from './download.ts';
import type * as PictureFile from './picture-file.ts';
import './picture.css';

export interface PictureProps {
  readonly title: string;
  /** What the title leaves to the page around it, for a picture that goes out without that. */
  readonly subject?: string;
  /** What is drawn is of: task, model, seeds; '' where the legend says it. */
  readonly facts: string;
  readonly children: ReactNode;
  readonly legend?: ReactNode;
  readonly note?: ReactNode;
  /** Names of downloaded files. */
  readonly name: string;
  /** The figures as CSV. */
  readonly figures: () => string;
  /** There are no figures yet. */
  readonly isEmpty?: boolean;
}

/** Whose picture it is: the same for all that are drawn of it. */
export type PictureOf = Pick<PictureProps, 'facts' | 'name'>;

type DownloadsProps = Pick<PictureProps, 'title' | 'subject' | 'facts' | 'name' | 'figures' | 'isEmpty'> & {
  readonly picture: RefObject<Element | null>;
};

function Downloads(props: DownloadsProps): ReactNode {
  const { title, subject, facts, name, figures, isEmpty = false, picture } = props;
  const words = { title: subject === undefined ? title : `${title}: ${subject}`, facts };
  const withPicture = (then: (picture: Element, library: typeof PictureFile) => void) => () => {
    const { current } = picture;
    if (current !== null)
      void import('./picture-file.ts').then((library) => {
        then(current, library);
      });
  };
  return (
    <div className="downloads no-picture" role="group" aria-label={`Download: ${title}`}>
      <Button
        look="quiet"
        onPress={withPicture((current, { saveSvg }) => {
          saveSvg(current, words, name);
        })}
      >
        SVG
      </Button>
      <Button
        look="quiet"
        onPress={withPicture((current, { savePng }) => void savePng(current, words, name))}
      >
        PNG
      </Button>
      <Button
        look="quiet"
        isDisabled={isEmpty}
        onPress={() => {
          saveCsv(figures(), name);
        }}
      >
        CSV
      </Button>
    </div>
  );
}

export function Picture({ children, legend, note, ...declared }: PictureProps): ReactNode {
  const host = useRef<HTMLElement>(null);
  return (
    <figure ref={host} className="picture">
      <div data-picture="">{children}</div>
      <footer data-picture="">
        {legend}
        <Downloads {...declared} picture={host} />
      </footer>
      {note !== undefined && <div data-picture="">{note}</div>}
    </figure>
  );
}
