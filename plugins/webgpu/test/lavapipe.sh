#!/usr/bin/env bash
# Unpacks Mesa's software Vulkan driver, lavapipe 25, from Debian's bookworm-backports, without installing it: Debian 12's own (22.3) has
# no WebGPU. Tests use it where Chromium's SwiftShader is not, or with
# VK_ICD_FILENAMES=FOLDER/icd.json. usage: lavapipe.sh [FOLDER], ../build/lavapipe unless given.
# Needs the packages libvulkan1 and mesa-vulkan-drivers (the loader, and the libraries a driver links) and the lists of apt.
set -euo pipefail
folder="${1:-$(dirname "$0")/../build/lavapipe}"
mkdir -p "$folder"
cd "$folder"
[ ! -e icd.json ] || exit 0
mkdir -p lists/partial debs root
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)
[ -n "$mirror" ] || { echo "lavapipe.sh: apt names no mirror; run apt-get update first" >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm-backports main" >sources.list
apt=(apt-get -qq -o "Dir::Etc::SourceList=$PWD/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$PWD/lists")
"${apt[@]}" update
# From here apt warns that it cannot drop its rights in this folder.
(cd debs && "${apt[@]}" -t bookworm-backports download mesa-vulkan-drivers 2>/dev/null)
dpkg -x debs/mesa-vulkan-drivers_*.deb root
library=$(find "$PWD/root" -name libvulkan_lvp.so)
sed "s#\"library_path\": \".*\"#\"library_path\": \"$library\"#" root/usr/share/vulkan/icd.d/lvp_icd*.json >icd.json.part
rm -rf debs lists
mv icd.json.part icd.json
