<#
.SYNOPSIS
Installs the reader of authen-bridge at this counter as a Windows service, or puts this version over an older one.
.DESCRIPTION
Run it in a PowerShell that was opened as administrator, in the unpacked folder:

    powershell -ExecutionPolicy Bypass -File .\install.ps1

It asks for the station, the address of the bridge and the station's key. The key is not shown, and it is written into one
file that only administrators, the system and the service can read. Over an older version it keeps settings and reads, and
asks nothing.
.PARAMETER Account
Who runs the service: 'Service' is an account of its own without any rights (NT SERVICE\authen-bridge-reader), 'LocalService'
and 'LocalSystem' are Windows' own. Over an older version the account stays as it is, unless one is named.
#>
[CmdletBinding()]
param(
  [string] $Station,
  [string] $Bridge,
  [string] $Agent,
  [ValidateSet('Service', 'LocalService', 'LocalSystem')] [string] $Account = 'Service'
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 2

$name = 'authen-bridge-reader'
$program = Join-Path $env:ProgramFiles $name
$data = Join-Path $env:ProgramData $name
$settings = Join-Path $data 'reader.env'

# Well-known groups by their numbers: their names differ from language to language.
$system = '*S-1-5-18'
$administrators = '*S-1-5-32-544'

function Invoke-Tool([string] $tool, [string[]] $arguments) {
  $told = & $tool @arguments
  if ($LASTEXITCODE -ne 0) { throw "$tool $($arguments[0]) ended with ${LASTEXITCODE}: $told" }
}

function Read-Until([string] $question, [string] $given, [string] $pattern, [string] $expected) {
  $answer = $given
  while ($answer -notmatch $pattern) {
    if ($answer) { Write-Host "  expected $expected" }
    $answer = (Read-Host $question).Trim()
  }
  return $answer
}

function Read-Key {
  while ($true) {
    $secret = Read-Host 'Key of this station (not shown)' -AsSecureString
    $pointer = [Runtime.InteropServices.Marshal]::SecureStringToBSTR($secret)
    try { $key = [Runtime.InteropServices.Marshal]::PtrToStringBSTR($pointer).Trim() }
    finally { [Runtime.InteropServices.Marshal]::ZeroFreeBSTR($pointer) }
    if ($key -match '^[A-Za-z0-9_.\-]{8,200}$') { return $key }
    Write-Host '  expected the key as the bridge showed it: letters, digits, _ . -'
  }
}

$me = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())
if (-not $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
  throw 'Open PowerShell with "Run as administrator" and start this again.'
}
if (-not [Environment]::Is64BitOperatingSystem) { throw 'This package is for 64-bit Windows.' }
if ([Environment]::OSVersion.Version.Major -lt 10) { throw 'Windows 10, Windows Server 2016 or newer is needed.' }
if ($PSScriptRoot.TrimEnd('\') -eq $program.TrimEnd('\')) {
  throw 'Start this in the folder that was unpacked, not where it is installed.'
}

# What is asked is asked first: nothing is half done when somebody has no answer.
$isNew = -not (Test-Path -LiteralPath $settings)
if ($isNew) {
  $Station = Read-Until 'Station, as the bridge names this counter (counter-1)' $Station '^[A-Za-z0-9._\-]{1,40}$' 'letters, digits, . _ -'
  $Bridge = Read-Until 'Address of the bridge (https://bridge.hospital.local)' $Bridge '^https?://[^\s"#]+$' 'http:// or https:// and a name'
  if ($Agent -and $Agent -notmatch '^https?://[^\s"#]+$') { throw '-Agent: expected http:// or https:// and a name' }
  $key = Read-Key
}

$service = Get-Service -Name $name -ErrorAction SilentlyContinue
if ($service -and $service.Status -ne 'Stopped') {
  Write-Host 'Stopping the older version'
  Stop-Service -Name $name
  $service.WaitForStatus('Stopped', [TimeSpan]::FromSeconds(60))
  # the host itself ends a moment later
  Start-Sleep -Seconds 2
}

Write-Host "Copying the program to $program"
if (Test-Path -LiteralPath $program) { Remove-Item -LiteralPath $program -Recurse -Force }
Copy-Item -LiteralPath $PSScriptRoot -Destination $program -Recurse
# what came from the internet bears a mark, with which Windows asks before it runs
Get-ChildItem -LiteralPath $program -Recurse -File | Unblock-File

Write-Host "Closing $data to others: it will hold citizen ids"
New-Item -ItemType Directory -Force -Path $data | Out-Null
Invoke-Tool icacls.exe @($data, '/inheritance:r', '/grant:r', "${system}:(OI)(CI)F", "${administrators}:(OI)(CI)F")
foreach ($folder in 'spool', 'logs', 'cache') {
  New-Item -ItemType Directory -Force -Path (Join-Path $data $folder) | Out-Null
}

if ($isNew) {
  $lines = @(
    '# The reader at this counter. One NAME=value a line, nothing behind the value. After a change: Restart-Service authen-bridge-reader',
    "AUTHEN_BRIDGE_KEY=$key",
    "AUTHEN_BRIDGE_STATION=$Station",
    "AUTHEN_BRIDGE_URL=$Bridge"
  )
  if ($Agent) { $lines += "AUTHEN_BRIDGE_AGENT_URL=$Agent" }
  # the folder is closed already; UTF-8 without a mark at its beginning
  [IO.File]::WriteAllLines($settings, [string[]] $lines, (New-Object Text.UTF8Encoding($false)))
  $key = $null
  $lines = $null
}

$winsw = Join-Path $program "$name.exe"
if (-not $service) {
  Write-Host "Making the service $name"
  New-Service -Name $name -BinaryPathName "`"$winsw`"" -DisplayName 'authen-bridge reader' -StartupType Automatic `
    -Description 'Reads cards at this counter and sends them to authen-bridge.' | Out-Null
}
# an older version's service keeps the account that it was given, unless another one is named
if (-not $service -or $PSBoundParameters.ContainsKey('Account')) {
  $accounts = @{ Service = "NT SERVICE\$name"; LocalService = 'NT AUTHORITY\LocalService'; LocalSystem = 'LocalSystem' }
  Invoke-Tool sc.exe @('config', $name, 'obj=', $accounts[$Account])
}
# its own identity, for the rights below, whoever runs it
Invoke-Tool sc.exe @('sidtype', $name, 'unrestricted')
# started again after 5 s, 10 s, then every minute; also when it ended by itself with an error
Invoke-Tool sc.exe @('failure', $name, 'reset=', '86400', 'actions=', 'restart/5000/restart/10000/restart/60000')
Invoke-Tool sc.exe @('failureflag', $name, '1')

$serviceSid = "NT SERVICE\$name"
Invoke-Tool icacls.exe @($data, '/grant', "${serviceSid}:(RX)")
Invoke-Tool icacls.exe @($settings, '/grant', "${serviceSid}:(R)")
foreach ($folder in 'spool', 'logs', 'cache') {
  Invoke-Tool icacls.exe @((Join-Path $data $folder), '/grant', "${serviceSid}:(OI)(CI)M")
}

Start-Service -Name $name
Write-Host ''
Write-Host "The reader runs. How it does:  & '$program\status.cmd'"
Write-Host "What it says:                  $data\logs"
