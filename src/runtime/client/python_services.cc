// Programs in Python, and what is done again and again: Django, Celery, cron.

#include <algorithm>
#include <fstream>
#include <utility>

#include "runtime/client/hitch/services.h"

namespace hitch::client {

namespace {

constexpr const char* kLoop =
    R"(pause=$1; shift; echo READY; while :; do "$@"; sleep "$pause"; done)";

/// "1.5" for sleep(1).
std::string seconds_text(std::chrono::milliseconds span) {
  const auto thousandths = std::to_string(span.count() % 1000 + 1000).substr(1);
  return std::to_string(span.count() / 1000) + "." + thousandths;
}

ServiceOptions cron_options(ServiceOptions options, const std::vector<std::string>& run,
                            std::chrono::milliseconds every) {
  options.command = {"/bin/sh", "-c", kLoop, "cron", seconds_text(every)};
  options.command.insert(options.command.end(), run.begin(), run.end());
  options.ready = {{"log", "READY"}, {"stream", "out"}};
  return options;
}

ServiceOptions django_options(ServiceOptions options, const DjangoOptions& django) {
  if (options.command.empty()) {
    options.command = {django.python,
                       "-u",
                       django.managepy,
                       "runserver",
                       std::to_string(django.port),
                       "--verbosity",
                       std::to_string(std::clamp(django.verbosity, 0, 3)),
                       "--noreload",
                       "--nothreading"};
    if (!django.settings.empty()) options.command.push_back("--settings=" + django.settings);
  }
  if (options.ready.is_null() && !options.log_line_ready_checker) {
    options.ready = {{"log", "Quit the server with CONTROL-C."}};
  }
  return options;
}

ServiceOptions celery_options(ServiceOptions options, const CeleryOptions& celery) {
  if (options.command.empty()) {
    options.command = {celery.python, "-u", "-m", "celery"};
    if (!celery.app.empty()) options.command.push_back("--app=" + celery.app);
    if (!celery.broker.empty()) options.command.push_back("--broker=" + celery.broker);
    options.command.emplace_back("worker");
    if (celery.beat) options.command.emplace_back("--beat");
    options.command.push_back("--loglevel=" + celery.loglevel);
    options.command.push_back("--concurrency=" + std::to_string(celery.concurrency));
  }
  if (options.ready.is_null() && !options.log_line_ready_checker) {
    options.ready = {{"log", "Connected to"}};
  }
  return options;
}

void check_version_of(const Service& service, const Subcommand& print_version,
                      const std::string& version) {
  if (version.empty()) return;
  auto found = print_version.run({.check_output = true}).output;
  found.erase(found.find_last_not_of('\n') + 1);
  if (found.find(version) != std::string::npos) return;
  throw Error("'" + service.name() + "' is to have version " + version + ", and has " + found);
}

}  // namespace

CronService::CronService(const std::vector<std::string>& run, std::chrono::milliseconds every,
                         ServiceOptions options)
    : Service(cron_options(std::move(options), run, every)) {}

DjangoService::DjangoService(DjangoOptions django, ServiceOptions options)
    : Service(django_options(std::move(options), django)), django_(std::move(django)) {}

void DjangoService::setup() {
  check_version_of(*this,
                   subcommand(django_.python, "-c", "import django; print(django.get_version())"),
                   django_.version);
  if (django_.makemigrations) (void)manage("makemigrations").run();
  if (django_.migrations) (void)manage("migrate").run();
  if (!django_.fixtures.empty()) {
    std::vector<std::string> words{"loaddata"};
    words.insert(words.end(), django_.fixtures.begin(), django_.fixtures.end());
    (void)manage_words(std::move(words)).run();
  }
  Service::setup();
}

Subcommand DjangoService::manage_words(std::vector<std::string> words) const {
  words.insert(words.begin(), {django_.python, "-u", django_.managepy});
  if (!django_.settings.empty()) words.push_back("--settings=" + django_.settings);
  return subcommand(std::move(words));
}

std::string DjangoService::url() const {
  return "http://127.0.0.1:" + std::to_string(django_.port);
}

void DjangoService::savefixture(const std::filesystem::path& file) const {
  const auto data = manage("dumpdata").run({.check_output = true}).output;
  std::ofstream out(file);  // here: it may be outside of the bundle
  out << data;
  if (!out.flush()) throw Error("cannot write '" + file.string() + "'");
}

CeleryService::CeleryService(CeleryOptions celery, ServiceOptions options)
    : Service(celery_options(std::move(options), celery)), celery_(std::move(celery)) {}

void CeleryService::setup() {
  check_version_of(*this,
                   subcommand(celery_.python, "-c", "import celery; print(celery.__version__)"),
                   celery_.version);
  Service::setup();
}

std::string CeleryService::celery(std::vector<std::string> words) const {
  std::vector<std::string> command{celery_.python, "-u", "-m", "celery"};
  if (!celery_.app.empty()) command.push_back("--app=" + celery_.app);
  command.insert(command.end(), words.begin(), words.end());
  return subcommand(std::move(command)).run({.check_output = true}).output;
}

}  // namespace hitch::client
