#!/bin/sh
# Unpacks beside itself, once, and runs. Needs tar, xz or python3, libstdc++ and a Vulkan driver; PyTorch, transformers, peft for
# the comparison (PYTHON= names the python that has them).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$here/unpacked
PATH=$PATH:/usr/sbin:/sbin

unpack() {
  if command -v xz >/dev/null; then
    xz -dc "$1" >"$2"
  else
    "${PYTHON:-python3}" -c 'import lzma, shutil, sys
shutil.copyfileobj(lzma.open(sys.argv[1]), open(sys.argv[2], "wb"))' "$1" "$2"
  fi
}

if [ ! -e "$work/complete" ]; then
  mkdir -p "$work"
  unpack "$here/node.xz" "$work/node"
  chmod +x "$work/node"
  unpack "$here/app.tar.xz" "$work/app.tar"
  tar -xf "$work/app.tar" -C "$work"
  rm "$work/app.tar"
  : >"$work/complete"
fi

has() { ldconfig -p 2>/dev/null | grep -q "$1"; }

# A container often has the driver and no loader, or no file that tells the loader of the driver.
if ! has libvulkan.so.1 && [ -e "$work/lib/libvulkan.so.1" ]; then
  export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$work/lib"
fi
if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] &&
  ! ls /etc/vulkan/icd.d/nvidia_icd*.json /usr/share/vulkan/icd.d/nvidia_icd*.json 2>/dev/null | grep -q .; then
  if [ -e /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json ]; then
    export VK_ICD_FILENAMES=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
  elif has libGLX_nvidia.so.0; then
    echo '{"file_format_version":"1.0.0","ICD":{"library_path":"libGLX_nvidia.so.0","api_version":"1.3.0"}}' \
      >"$work/nvidia_icd.json"
    export VK_ICD_FILENAMES="$work/nvidia_icd.json"
  fi
fi

echo "Vulkan: driver file ${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-the system’s}}, loader $(ldconfig -p 2>/dev/null |
  sed -n 's/.*libvulkan.so.1 .*=> //p' | sed -n 1p) ${LD_LIBRARY_PATH:-}" >&2

exec "$work/node" "$work/app/bench.mjs" "$@"
