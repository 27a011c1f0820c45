// How the desk asks the service: its JSON, or a refusal in the service's own words.

import { fetched } from "landgis/session.js";
import { currentLanguage, t } from "landgis/words.js";

/** Ask; gives JSON, or throws an error whose message is what the service said, in the reader's language. */
export async function ask(address, options = {}) {
  const answer = await fetched(address, options).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Error(t("desk_unreachable"));
  });
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => null);
  const said = ["what", "why", "mend"].map((part) => problem?.[part]?.[currentLanguage()]).filter(Boolean);
  throw new Error([...said, problem?.request_id ? `(${problem.request_id})` : ""].join(" ") || t("desk_failed", { status: answer.status }));
}
