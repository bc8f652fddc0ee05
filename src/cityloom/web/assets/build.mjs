// Bundles the islands of src/ into the static files that the pages name: one script per island, nothing from
// other hosts. The map's worker is a file of its own, because the content policy allows no script from a blob.
import { build } from "esbuild";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "cityloom", "build");

await rm(out, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: {
    site: "src/site.ts",
    map: "src/map.ts",
    screen: "src/screen.ts",
    dispatch: "src/dispatch.ts",
    inbox: "src/inbox.ts",
    alarms: "src/alarms.ts",
    fireplan: "src/fireplan.ts",
    compare_slider: "src/compare_slider.ts",
    tray: "src/tray.ts",
    calls: "src/calls.ts",
    intake: "src/intake.ts",
    resident: "src/resident.ts",
    report: "src/report.ts",
    sw: "src/sw.ts",
    kiosk: "src/kiosk.ts",
    field: "src/field.ts",
    fieldstop: "src/fieldstop.ts",
    fieldreport: "src/fieldreport.ts",
    fieldsw: "src/fieldsw.ts",
    publicmap: "src/publicmap.ts",
    "map-worker": "node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs",
  },
  outdir: out,
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome110", "firefox115", "safari16"],
  minify: true,
  legalComments: "eof",
  logLevel: "warning",
});
