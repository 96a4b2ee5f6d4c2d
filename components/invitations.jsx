// Inviting people, and helping those who cannot sign in. A link is held by this page alone: nothing else keeps it.
import { useEffect, useState } from "react";
import { X } from "lucide-react";
import { send } from "$/public/external/components/entrance/entrance.jsx";
import { useNews } from "$/public/external/components/onlooker/onlooker.jsx";
import { ShownOnce } from "$/public/external/components/shown_once/shown_once.jsx";

const PATH = "/api/v1/invitations";
const day = (at) => new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

function Link({ link, onDone }) {
  return (
    <ShownOnce what="link" text={link.url} onDone={onDone}>
      <strong>Send this link to {link.email}.</strong> It is not shown again, works once, and until {day(link.expires_at)}.
    </ShownOnce>
  );
}

function Problem({ problem }) {
  const text = problem?.problems?.[0]?.message ?? problem?.detail;
  return text ? (
    <p role="alert" className="wb-field-error">
      {text}
    </p>
  ) : null;
}

/** `roles` are `{value, label}`. */
function Invite({ roles, onMade }) {
  const [chosen, setChosen] = useState([roles[0].value]);
  const [problem, setProblem] = useState(null);
  const toggle = (value) =>
    setChosen(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!chosen.length) return setProblem({ detail: "Choose a role at least." });
    const answer = await send(PATH, { email: new FormData(form).get("email"), roles: chosen });
    setProblem(answer.problem ?? null);
    if (answer.problem) return;
    form.reset();
    onMade(answer.said);
  };
  return (
    <form onSubmit={submit} className="wb-form wb-key-form" data-testid="invite-form">
      <label>
        <span className="wb-field-label">E-mail</span>
        <input name="email" type="email" required autoComplete="off" className="wb-input" />
      </label>
      <fieldset className="wb-key-choices">
        <legend className="wb-field-label">Roles</legend>
        {roles.map(({ value, label }) => (
          <label key={value} className="wb-key-choice">
            <input type="checkbox" value={value} checked={chosen.includes(value)} onChange={() => toggle(value)} />
            {label}
          </label>
        ))}
      </fieldset>
      <Problem problem={problem} />
      <div className="wb-inline">
        <button type="submit" className="wb-key-button wb-key-button-main">
          Make an invitation
        </button>
      </div>
    </form>
  );
}

export function Invitations({ roles }) {
  const [{ said: open, problem }, setAnswer] = useState({});
  const [link, setLink] = useState(null);
  const load = () => send(PATH, null, "GET").then(setAnswer);
  useEffect(() => {
    load();
  }, []);
  useNews(load);
  const withdraw = async (id) => {
    const { problem } = await send(`${PATH}/${id}`, null, "DELETE");
    await load();
    if (problem) setAnswer((answer) => ({ ...answer, problem }));
  };
  const made = (link) => {
    setLink(link);
    load();
  };
  return (
    <>
      {link ? <Link link={link} onDone={() => setLink(null)} /> : <Invite roles={roles} onMade={made} />}
      <Problem problem={problem} />
      {open?.length > 0 && (
        <ul className="wb-list wb-invitations" data-testid="invitations">
          {open.map((one) => (
            <li key={one.id} className="wb-secret" data-testid="invitation">
              <span className="wb-secret-name">
                {one.email}
                <span className="wb-invitation-note">
                  {one.roles.join(", ")} · until {day(one.expires_at)}
                </span>
              </span>
              <button
                type="button"
                className="wb-icon-button"
                title="Withdraw"
                aria-label={`Withdraw the invitation of ${one.email}`}
                onClick={() => withdraw(one.id)}
              >
                <X size={16} strokeWidth={1.75} aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {open?.length === 0 && <p className="wb-setting-text wb-invitations">No invitation is waiting to be taken.</p>}
    </>
  );
}

/** For administrators: a new password for somebody, or no second factor any more. */
export function SignInHelp() {
  const [link, setLink] = useState(null);
  const [done, setDone] = useState("");
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setDone("");
    const email = new FormData(event.currentTarget).get("email").trim();
    const reset = event.nativeEvent.submitter.value === "reset";
    const found = await send(`/api/v1/users?search=${encodeURIComponent(email)}`, null, "GET");
    const user = found.said?.items.find((one) => one.email.toLowerCase() === email.toLowerCase());
    if (!user) return setProblem(found.problem ?? { detail: "Nobody has an account with this address." });
    const path = `/api/v1/users/${user.id}/${reset ? "reset" : "second-factor"}`;
    const answer = await send(path, null, reset ? "POST" : "DELETE");
    setProblem(answer.problem ?? null);
    if (answer.problem) return;
    if (reset) setLink(answer.said);
    else setDone(`${user.name} signs in with the password alone now.`);
  };
  if (link) return <Link link={link} onDone={() => setLink(null)} />;
  return (
    <form onSubmit={submit} className="wb-form wb-key-form" data-testid="help-form">
      <label>
        <span className="wb-field-label">E-mail</span>
        <input name="email" type="email" required autoComplete="off" className="wb-input" />
      </label>
      <Problem problem={problem} />
      {done && <p role="status">{done}</p>}
      <div className="wb-inline">
        <button type="submit" value="reset" className="wb-key-button">
          Make a link for a new password
        </button>
        <button type="submit" value="factor" className="wb-key-button">
          Take off second factor
        </button>
      </div>
    </form>
  );
}
