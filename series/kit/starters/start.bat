@echo off
rem Double-click this file on Windows. It finds Python @PYTHON@ and runs install.py beside it.
setlocal
if not exist "%~dp0kit.json" goto inside_zip
pushd "%~dp0"

set "STORE="
py -@PYTHON@ -c "import sys" >nul 2>nul
if not errorlevel 1 (
  py -@PYTHON@ "%~dp0install.py" %*
  goto done
)
for /f "delims=" %%P in ('where python 2^>nul') do (
  echo %%P | find /i "WindowsApps" >nul && set "STORE=yes"
)
python -c "import sys; sys.exit('%%d.%%d' %% sys.version_info[:2] != '@PYTHON@')" >nul 2>nul
if not errorlevel 1 (
  python "%~dp0install.py" %*
  goto done
)

echo.
echo Python @PYTHON@ belum terpasang di komputer ini.
echo Pasang Python @PYTHON@ 64-bit dari python.org, lalu klik dua kali start.bat lagi.
echo Python @PYTHON@ is not installed on this computer.
echo Install the 64-bit Python @PYTHON@ from python.org, then double-click start.bat again.
if defined STORE (
  echo.
  echo Perintah "python" di sini hanya membuka Microsoft Store; itu bukan Python yang diperlukan.
  echo The command "python" here only opens the Microsoft Store; it is not the Python that is needed.
)
for %%F in ("%~dp0extras\python-@PYTHON@*.exe") do (
  echo.
  echo Pemasangnya ada di kit ini, klik dua kali: %%~fF
  echo Its installer is in this kit, double-click: %%~fF
)
goto end

:inside_zip
echo.
echo File ini masih di dalam zip. Klik kanan file zip, pilih "Extract All...", lalu klik dua kali start.bat di folder hasilnya.
echo This file is still inside the zip. Right-click the zip file, choose "Extract All...", then double-click start.bat in the new folder.
goto end

:done
if errorlevel 1 (
  echo.
  echo Belum berhasil; sebabnya ada di atas.
  echo That did not work; the reason stands above.
)

:end
popd
pause
