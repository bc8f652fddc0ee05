/** A long select gets a box above it: what is typed there leaves only the choices that hold it. */

interface Kept {
  option: HTMLOptionElement;
  group: HTMLOptGroupElement | null;
}

function narrow(select: HTMLSelectElement, kept: Kept[], text: string): void {
  const wanted = text.trim().toLowerCase();
  const chosen = select.value;
  for (const { option } of kept) option.remove();
  for (const { option, group } of kept) {
    const words = `${option.text} ${group?.label ?? ""}`.toLowerCase();
    if (!wanted || option.value === "" || words.includes(wanted)) (group ?? select).append(option);
  }
  const first = kept.find(({ option }) => option.value === "" && option.isConnected);
  if (first && !first.group) select.prepend(first.option);
  for (const group of select.querySelectorAll("optgroup")) group.hidden = group.children.length === 0;
  const still = [...select.options].some((option) => option.value === chosen);
  const single = [...select.options].filter((option) => option.value !== "");
  if (wanted && single.length === 1 && single[0]) select.value = single[0].value;
  else select.value = still ? chosen : "";
  if (select.value !== chosen) select.dispatchEvent(new Event("change", { bubbles: true }));
}

for (const select of document.querySelectorAll<HTMLSelectElement>("select[data-search]")) {
  const kept = [...select.options].map((option) => ({
    option,
    group: option.parentElement instanceof HTMLOptGroupElement ? option.parentElement : null,
  }));
  if (kept.length < 12) continue;
  const box = document.createElement("input");
  box.type = "search";
  box.className = "search";
  box.placeholder = select.dataset.search ?? "";
  box.setAttribute("aria-label", select.dataset.search ?? "");
  box.addEventListener("input", () => narrow(select, kept, box.value));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  select.before(box);
}
