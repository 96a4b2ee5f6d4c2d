// Shows what the workbench pushes to this browser, and opens what it is about.
self.addEventListener("push", (event) => {
  const told = event.data ? event.data.json() : { title: "Workbench", body: "", href: "/inbox" };
  event.waitUntil(
    self.registration.showNotification(told.title, { body: told.body, icon: "/favicon.svg", data: { href: told.href } }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.href || "/inbox", self.location.origin);
  if (target.origin !== self.location.origin) return;
  event.waitUntil(self.clients.openWindow(target.href));
});
