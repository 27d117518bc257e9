@echo off
rem How the reader at this counter does, in Thai and English. Run it as an administrator: the spool is closed to others.
chcp 65001 > nul
"%~dp0bin\node.exe" "%~dp0packaging\counter\start.ts" status %*
set result=%errorlevel%
if "%1"=="" pause
exit /b %result%
