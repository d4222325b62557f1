/** Exit: statuses of the CLI beside those of FleetError; all are listed in docs/cli.md. */

/** The verb was carried out, and what it waited for did not come true. */
export const EXIT_UNMET = 1;
/** An unknown verb or flag. */
export const EXIT_USAGE = 2;
export const EXIT_SOFTWARE = 70;
export const EXIT_INTERRUPTED = 130;
