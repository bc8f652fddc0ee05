/** How a resident's report is sent: to one page, with what was shown nearby counted as seen. */
import { RESIDENTS } from "./drafts";
import { Sender } from "./sender";

export const REPORT = "/report/";

export const { trySending, settle, sendWaiting } = new Sender(RESIDENTS, {
  ready: "/report/ready/",
  lock: "cityloom-send",
  to: () => REPORT,
  dress: (form) => form.set("asked", "yes"),
  isWhole: ({ code, url }) => Boolean(code && url),
  isOf: () => true,
  sent: ({ code = "", url = "", number = "", matter = "" }) =>
    RESIDENTS.keepMine({ code, url, number, matter, at: Date.now() }),
});
