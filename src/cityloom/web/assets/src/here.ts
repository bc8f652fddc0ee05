/** "Use where I am": the phone's place goes into the two inputs, and the pin follows them. */

function put(id: string, value: number): void {
  const input = document.getElementById(id);
  if (!(input instanceof HTMLInputElement)) return;
  input.value = value.toFixed(6);
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-here]")) {
  if (!("geolocation" in navigator) || !window.isSecureContext) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const form = button.dataset.here ? `${button.dataset.here}-` : "";
      put(`${form}lon`, coords.longitude);
      put(`${form}lat`, coords.latitude);
    });
  });
}
