// Who was told about a task, and how that went; asked for when it is opened.
import { useState } from "react";
import { Ago } from "$/public/external/components/moments/moments.jsx";
import { send } from "$/public/external/components/entrance/entrance.jsx";

const STATES = {
  waiting: "is to be sent",
  sending: "on its way",
  retrying: "not there yet, tried again",
  sent: "sent",
  failed: "given up",
  dropped: "not sent",
};

export function Deliveries({ task, occasions }) {
  const [{ said, problem }, setAnswer] = useState({});
  const words = Object.fromEntries(occasions);
  const load = (event) =>
    event.currentTarget.open && send(`/api/v1/hitl/tasks/${task}/deliveries`, null, "GET").then(setAnswer);
  return (
    <details className="wb-deliveries" onToggle={load} data-testid="deliveries">
      <summary>Who was told, and how</summary>
      {problem && <p role="alert">{problem.detail}</p>}
      {said && said.length === 0 && <p className="wb-row-quiet">Nobody was sent a message about it; browsers show it behind the bell.</p>}
      {said && said.length > 0 && (
        <ul>
          {said.map((one) => (
            <li key={one.id} data-testid="delivery">
              <strong>{one.to}</strong> by {one.by}: {words[one.occasion].toLowerCase()},{" "}
              <span className={one.status === "failed" || one.status === "retrying" ? "wb-channel-failed" : ""}>{STATES[one.status]}</span>{" "}
              <span className="wb-row-quiet">
                <Ago at={one.ended_at ?? (one.status === "waiting" ? one.due_at : one.at)} />
                {one.attempts > 1 && `, ${one.attempts} attempts`}
              </span>
              {one.why && <div className="wb-row-quiet">{one.why}</div>}
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
