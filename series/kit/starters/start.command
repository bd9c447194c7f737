#!/bin/sh
# macOS: double-click this file. Linux: sh start.command. It finds Python @PYTHON@ and runs install.py beside it.
here=$(cd "$(dirname "$0")" && pwd)
if [ ! -f "$here/kit.json" ]; then
  echo "kit.json tidak ada di samping file ini. Ekstrak dulu zip itu seluruhnya, lalu buka start.command di folder hasilnya."
  echo "There is no kit.json beside this file. Unpack the whole zip first, then open start.command in the new folder."
  exit 1
fi
fits() {
  "$1" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '@PYTHON@')" >/dev/null 2>&1
}
for python in python@PYTHON@ /Library/Frameworks/Python.framework/Versions/@PYTHON@/bin/python@PYTHON@ /opt/homebrew/bin/python@PYTHON@ python3; do
  found=$(command -v "$python") || continue
  # Without Apple's developer tools /usr/bin/python3 is no Python but a window that offers to install them.
  if [ "$found" = /usr/bin/python3 ] && [ "$(uname)" = Darwin ] && ! xcode-select -p >/dev/null 2>&1; then
    continue
  fi
  if fits "$found"; then
    "$found" "$here/install.py" "$@"
    exit $?
  fi
done
echo "Python @PYTHON@ belum terpasang. Pasang dari python.org (lihat juga folder extras di kit ini), lalu buka start.command lagi."
echo "Python @PYTHON@ is not installed. Install it from python.org (see also the folder extras in this kit), then open start.command again."
exit 1
