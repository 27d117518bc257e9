<#
.SYNOPSIS
Takes the reader of authen-bridge from this counter.
.DESCRIPTION
Run it in a PowerShell that was opened as administrator:

    powershell -ExecutionPolicy Bypass -File "C:\Program Files\authen-bridge-reader\uninstall.ps1"

Settings and reads stay in C:\ProgramData\authen-bridge-reader. -Purge takes them too, unless there are reads that the bridge
has not taken.
#>
[CmdletBinding()]
param([switch] $Purge)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 2

$name = 'authen-bridge-reader'
$program = Join-Path $env:ProgramFiles $name
$data = Join-Path $env:ProgramData $name

$me = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())
if (-not $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
  throw 'Open PowerShell with "Run as administrator" and start this again.'
}

$service = Get-Service -Name $name -ErrorAction SilentlyContinue
if ($service) {
  if ($service.Status -ne 'Stopped') {
    Stop-Service -Name $name
    $service.WaitForStatus('Stopped', [TimeSpan]::FromSeconds(60))
    Start-Sleep -Seconds 2
  }
  & sc.exe delete $name | Out-Null
  if ($LASTEXITCODE -ne 0) { throw "sc.exe delete ended with $LASTEXITCODE" }
}

# a folder that PowerShell stands in cannot go
Set-Location -LiteralPath "$env:SystemDrive\"
if (Test-Path -LiteralPath $program) { Remove-Item -LiteralPath $program -Recurse -Force }
Write-Host "The service and $program are gone."

if (-not (Test-Path -LiteralPath $data)) { return }
if (-not $Purge) {
  Write-Host "Settings and reads stay in $data (-Purge takes them too)."
  return
}
$spool = Join-Path $data 'spool'
$left = @()
if (Test-Path -LiteralPath $spool) {
  # also what a killed process left between writing and renaming (.json.tmp)
  $left = @(Get-ChildItem -LiteralPath $spool -Recurse -Force -File | Where-Object { $_.Name -match '\.json(\.tmp)?$' })
}
if ($left.Count -gt 0) {
  Write-Warning "$($left.Count) card reads that the bridge has not taken stay in $spool. They hold citizen ids: delete them when they are of no use."
  Remove-Item -LiteralPath (Join-Path $data 'reader.env') -Force -ErrorAction SilentlyContinue
  return
}
Remove-Item -LiteralPath $data -Recurse -Force
Write-Host "$data is gone."
