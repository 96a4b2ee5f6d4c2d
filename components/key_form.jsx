// The form that makes an API key. It is sent over HTTP, and the key is held by this page alone: nothing else keeps it.
import { useState } from "react";
import { ShownOnce } from "$/public/external/components/shown_once/shown_once.jsx";

const DAYS = [
  [30, "30 days"],
  [90, "90 days"],
  [365, "a year"],
  [0, "never"],
];

async function make(body) {
  try {
    const answer = await fetch("/api/v1/api-keys", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const content = await answer.json().catch(() => ({}));
    return answer.ok ? { made: content } : { refused: { detail: "Something went wrong. Try again.", ...content } };
  } catch {
    return { refused: { detail: "The workbench does not answer. Try again in a moment." } };
  }
}

function Choices({ legend, name, offered, chosen, onChange, error }) {
  const toggle = (value) =>
    onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  return (
    <fieldset className="wb-key-choices" data-testid={`key-${name}`}>
      <legend className="wb-field-label">{legend}</legend>
      {offered.map(({ value, label }) => (
        <label key={value} className="wb-key-choice">
          <input type="checkbox" name={name} value={value} checked={chosen.includes(value)} onChange={() => toggle(value)} />
          {label}
        </label>
      ))}
      {error && (
        <p role="alert" className="wb-field-error">
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** `actions` and `workspaces` are `{value, label}`; of a single workspace nothing is asked. */
export function KeyForm({ kind, actions, workspaces, workspace, onMade }) {
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState([]);
  const [where, setWhere] = useState([]);

  const begin = () => {
    setChosen(actions.map((one) => one.value).filter((value) => value.endsWith(":read")));
    setWhere([workspace]);
    setProblem(null);
    setOpen(true);
  };
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const form = new FormData(event.currentTarget);
    const days = Number(form.get("days"));
    const answer = await make({
      kind,
      name: form.get("name"),
      actions: chosen,
      workspaces: where,
      expires_at: days ? new Date(Date.now() + days * 86_400_000).toISOString() : null,
    });
    setBusy(false);
    setProblem(answer.refused ?? null);
    if (!answer.made) return;
    setMade(answer.made);
    setOpen(false);
    onMade();
  };

  if (made)
    return (
      <ShownOnce what="key" text={made.key} onDone={() => setMade(null)}>
        <strong>Copy the key “{made.name}” now.</strong> It is not shown again.
      </ShownOnce>
    );
  if (!open)
    return (
      <button type="button" className="wb-key-button" onClick={begin} data-testid={`make-${kind}-key`}>
        Make a key
      </button>
    );
  const errors = Object.fromEntries((problem?.problems ?? []).map((one) => [one.field, one.message]));
  const placed = ["name", "actions", "workspaces"].some((field) => errors[field]);
  return (
    <form onSubmit={submit} className="wb-form wb-key-form" data-testid={`${kind}-key-form`}>
      <div className="wb-key-line">
        <label>
          <span className="wb-field-label">Name</span>
          <input name="name" className="wb-input" required maxLength={100} autoFocus placeholder="Nightly import" autoComplete="off" />
        </label>
        <label>
          <span className="wb-field-label">Ends after</span>
          <select name="days" className="wb-input wb-select" defaultValue="90">
            {DAYS.map(([days, words]) => (
              <option key={days} value={days}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      {errors.name && (
        <p role="alert" className="wb-field-error">
          {errors.name}
        </p>
      )}
      <Choices legend="What it allows" name="actions" offered={actions} chosen={chosen} onChange={setChosen} error={errors.actions} />
      {workspaces.length > 1 && (
        <Choices legend="Where" name="workspaces" offered={workspaces} chosen={where} onChange={setWhere} error={errors.workspaces} />
      )}
      {problem && !placed && (
        <p role="alert" className="wb-field-error">
          {problem.detail}
        </p>
      )}
      <div className="wb-inline">
        <button type="submit" disabled={busy} className="wb-key-button wb-key-button-main">
          Make key
        </button>
        <button type="button" className="wb-key-button" onClick={() => setOpen(false)}>
          Cancel
        </button>
      </div>
    </form>
  );
}
