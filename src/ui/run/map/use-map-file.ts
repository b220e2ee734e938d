/** @file The map's file, fetched when something first wants it. */
import { useEffect, useState } from 'react';
import type { MapFile } from '../../../analysis/map-file.ts';
import { mapFile } from '../../../analysis/map-file.ts';
import { is } from '../../../core/shape.ts';
import { useTools } from '../../lab-context.ts';

/** undefined while it comes; null where the page has none. */
export function useMapFile(): MapFile | null | undefined {
  const tools = useTools();
  const [file, setFile] = useState<MapFile | null>();
  useEffect(() => {
    let isHere = true;
    tools.readMap().then(
      (value) => {
        if (isHere) setFile(is(mapFile, value) ? value : null);
      },
      () => {
        if (isHere) setFile(null);
      },
    );
    return () => {
      isHere = false;
    };
  }, [tools]);
  return file;
}
