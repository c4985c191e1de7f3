// What a run has done, counted.

export interface Figures {
  backups: number;
  prunes: number;
  restores: number;
  /** Commands that had ended when the kill came: they count as no kill. */
  tooLate: number;
  /** Killed after the snapshot had become visible: it must be whole all the same. */
  finishedAnyway: number;
  /** Snapshots that were acknowledged, and brought back and compared. */
  compared: number;
}

export function noFigures(): Figures {
  return { backups: 0, prunes: 0, restores: 0, tooLate: 0, finishedAnyway: 0, compared: 0 };
}

export function describeFigures(figures: Figures): string {
  const { backups, prunes, restores, tooLate, finishedAnyway, compared } = figures;
  return (
    `${backups + prunes + restores} killed (${backups} backups, ${prunes} prunes, ` +
    `${restores} restores; ${finishedAnyway} backups had just finished, ${tooLate} kills too late), ` +
    `${compared} snapshots restored and compared`
  );
}
