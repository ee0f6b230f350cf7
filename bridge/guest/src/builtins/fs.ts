import { define, defineAll, setName } from "../define.ts";
import { defineCallbacks, definePromises } from "../fs/async.ts";
import { constants } from "../fs/constants.ts";
import { closeSync, readSync, writeSync } from "../fs/descriptors.ts";
import { Dirent, Stats } from "../fs/stats.ts";
import * as sync from "../fs/sync.ts";

export const promises: Record<string, unknown> = {};
definePromises(promises);
define(promises, "constants", constants, true);

export const fs: Record<string, unknown> = {};
defineAll(fs, { ...sync, closeSync, readSync, writeSync });
defineCallbacks(fs);
setName(Dirent, "Dirent");
setName(Stats, "Stats");
define(fs, "Dirent", Dirent, true);
define(fs, "Stats", Stats, true);
define(fs, "constants", constants, true);
define(fs, "F_OK", constants.F_OK, true);
define(fs, "R_OK", constants.R_OK, true);
define(fs, "W_OK", constants.W_OK, true);
define(fs, "X_OK", constants.X_OK, true);
define(fs, "promises", promises, true);
