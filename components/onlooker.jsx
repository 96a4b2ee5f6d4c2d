// Passes on what `workbench.state.present` says to open tabs: a list of people may be another than before.
import { useEffect, useRef } from "react";

const PAUSE_MS = 200; // what changes many at once is told once

export function useNews(onNews) {
  const latest = useRef(onNews);
  latest.current = onNews;
  useEffect(() => {
    let timer = 0;
    const news = () => {
      clearTimeout(timer);
      timer = setTimeout(() => latest.current?.(), PAUSE_MS);
    };
    window.addEventListener("wb-people", news);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("wb-people", news);
    };
  }, []);
}

export function Onlooker({ onNews }) {
  useNews(onNews);
  return null;
}
