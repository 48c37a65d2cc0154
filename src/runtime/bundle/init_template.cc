#include "runtime/bundle/init_template.h"

namespace hitch {

std::string_view init_template() {
  return R"(# A bundle: services that start and stop together.
#   hitch run              start everything, show the log, Ctrl-C stops it
#   hitch run -- CMD       start everything, run CMD inside, stop everything
#   hitch config           print this file as hitch understands it

services:
  # Any program can be a service. This one serves the files of this directory.
  Web:
    command: [python3, -u, -m, http.server, --bind, 127.0.0.1, "8000"]
    # Others wait until a process of this service listens on the port. More ways to be ready:
    #   ready: some text           a line of the log holds it
    #   ready: {http: 8000}        GET / is answered
    ready: {listen: 8000}
    # environment: {DEBUG: 1}
    # working_dir: app
    # setup: [[python3, manage.py, migrate]]     # before it starts
    # subcommands: {manage: [python3, manage.py]}

  # A task runs to completion. Here: one request, once Web is ready.
  Hello:
    kind: task
    depends_on: [Web]
    command:
      - python3
      - -c
      - |
        import urllib.request
        with urllib.request.urlopen("http://127.0.0.1:8000/") as answer:
            print("Web answers", answer.status)

  # Ready-made services need only their name; see 'recipe' in the manual.
  # Postgres: {recipe: postgres, with: {database: test}}
)";
}

}  // namespace hitch
