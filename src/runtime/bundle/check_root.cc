#include <system_error>

#include "runtime/base/error.h"
#include "runtime/bundle/check_service.h"
#include "runtime/bundle/check_values.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOci = "oci:";
constexpr std::string_view kImageForm =
    "'oci:DIRECTORY:TAG', a layout on this machine as skopeo or umoci make it";

void check_rootfs(const Field& field, const ServiceContext& context, RootSpec& root) {
  root.directory = read_path(field, context).value_or(context.directory);
  if (root.directory == root.directory.root_path()) {
    return field.error("'/' is the machine's own root, which a service without 'rootfs' sees");
  }
  std::error_code ignored;
  const auto found = fs::status(root.directory, ignored);
  if (field->unusable || fs::is_directory(found)) return;
  const std::string shown = in_quotes(root.directory.native());
  field.error(fs::exists(found) ? shown + " is not a directory" : "there is no directory " + shown,
              Blame::kMachine);
}

/// "oci:DIRECTORY:TAG"; the tag is what comes after the last colon, and cannot have a slash.
void check_image(const Field& field, const ServiceContext& context, RootSpec& root) {
  const auto text = read_text(field, kImageForm);
  if (!text) return;
  const auto colon = text->rfind(':');
  const std::string tag = colon == std::string::npos ? "" : text->substr(colon + 1);
  if (!text->starts_with(kOci) || colon <= kOci.size() || tag.empty() ||
      tag.find('/') != std::string::npos) {
    return field.expected(kImageForm);
  }
  root.image_tag = tag;
  root.image_layout =
      absolute_path(context.directory, text->substr(kOci.size(), colon - kOci.size()));
  std::error_code ignored;
  if (fs::is_regular_file(root.image_layout / "index.json", ignored)) return;
  field.error("there is no OCI image layout in " + in_quotes(root.image_layout.native()) +
                  ": it has no index.json",
              Blame::kMachine);
}

}  // namespace

std::optional<RootSpec> check_root(const Field& service, const ServiceContext& context) {
  const Entry *rootfs = service->find("rootfs"), *image = service->find("image");
  const Entry* entrypoint = service->find("entrypoint");
  if (entrypoint != nullptr && image == nullptr) {
    service.entry(*entrypoint)
        .error("is for services with an 'image': give all of it as 'command'");
  }
  const Entry* const given = rootfs != nullptr ? rootfs : image;
  if (given == nullptr) return std::nullopt;
  if (rootfs != nullptr && image != nullptr) {
    service.entry(*image).error("'rootfs' and 'image' exclude each other: give one of them");
  }
  const Field field = service.entry(*given);
  RootSpec root;
  root.mark = field->mark;
  root.key_path = field.path.text();
  if (rootfs != nullptr) {
    check_rootfs(field, context, root);
  } else {
    check_image(field, context, root);
  }
  if (entrypoint != nullptr && image != nullptr) {
    root.entrypoint = read_command(service.entry(*entrypoint)).value_or(Command{});
    root.entrypoint_is_given = true;
  }
  const Entry* command = service->find("command");
  root.command_is_whole = command != nullptr && command->shown == "shell";
  root.working_dir_is_given = service->find("working_dir") != nullptr;
  root.stop_signal_is_given = service->find("stop_signal") != nullptr;
  return root;
}

fs::path read_dir_in_root(const Field& service) {
  const Entry* entry = service->find("working_dir");
  if (entry == nullptr) return service->find("rootfs") != nullptr ? "/" : "";
  const Field field = service.entry(*entry);
  const auto text = read_text(field, "a path");
  if (!text) return "/";
  if (!text->starts_with('/')) {
    field.error("has to be an absolute path: it is one in the root of the service");
    return "/";
  }
  return absolute_path("/", *text);
}

}  // namespace hitch
