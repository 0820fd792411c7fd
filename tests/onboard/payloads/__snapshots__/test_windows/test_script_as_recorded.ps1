<#
.SYNOPSIS
    Puts this Windows computer on an 802.1X network: trust, certificate, network profiles, renewal.

.DESCRIPTION
    Uses what Windows 10 and later bring: the SCEP client of CertEnroll, netsh and the task scheduler. The script may
    run again at any time; it does what is missing. Everything it did is written to its log and undone by -Remove.

.PARAMETER Value
    Values the script cannot find out itself, for example -Value @{ 'user.email' = 'ada@example.org' }.

.PARAMETER Ask
    Ask for missing values and for the challenge at the keyboard.

.PARAMETER Renew
    Renew the certificate if its time has come, and do nothing else. The scheduled task calls this.

.PARAMETER WaitMinutes
    How long to wait at the spot where a person has to approve the request. Afterwards the scheduled task asks every hour.

.PARAMETER Remove
    Take away the profiles, the certificate, the task and those trusted certificates that the script brought.

.NOTES
    A one-time challenge is given in the environment variable ONBOARD_CHALLENGE or at the keyboard, never as an
    argument: arguments can be read by every user of the computer.
#>
#Requires -Version 5.1
[CmdletBinding()]
param(
    [hashtable]$Value = @{},
    [switch]$Ask,
    [switch]$Renew,
    [switch]$Remove,
    [ValidateRange(0, 1440)]
    [int]$WaitMinutes = 10
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

# ---- What this group of this organization gets ----------------------------------------------------------------
$Organization = 'Northwind University'
$Group = 'staff'
$Place = 'edu.northwind.staff'
$ForMachine = $false
$ScepUrl = 'https://scep.northwind.example/scep/staff/pkiclient.exe'
$RootThumbprint = '208AAC62E1096CB7EC7BF8B015EA6BE0D3AE1D65'
$KeyBits = 2048
$KeyProviders = @('Microsoft Software Key Storage Provider')
$RenewWithinDays = 30
$EmbeddedChallenge = 'CHALLENGE'

# Parts of the subject, in order; ${...} is filled in below.
$SubjectParts = @(
    [pscustomobject]@{ Key = 'CN'; Text = '${user.email}' }
    [pscustomobject]@{ Key = 'OU'; Text = 'staff' }
    [pscustomobject]@{ Key = 'O'; Text = 'Northwind University' }
)

# Alternative names: 2 e-mail, 3 DNS, 7 URI, 11 user principal name (AlternativeNameType of CertEnroll).
$AltNameParts = @(
    [pscustomobject]@{ Type = 2; Text = '${user.email}' }
    [pscustomobject]@{ Type = 11; Text = '${user.upn}' }
)

# Roots go to the Root store, issuing CAs to the CA store.
$Trust = @(
    # Northwind Root CA
    [pscustomobject]@{ Store = 'Root'; Data = 'MIIB9jCCAXygAwIBAgIQJze5OjQ7tLcyECk3t7oQITAKBggqhkjOPQQDAzA7MRowGAYDVQQDDBFOb3J0aHdpbmQgUm9vdCBDQTEdMBsGA1UECgwUTm9ydGh3aW5kIFVuaXZlcnNpdHkwHhcNMjYwMTAxMDAwMDAwWhcNNDUxMjI3MDAwMDAwWjA7MRowGAYDVQQDDBFOb3J0aHdpbmQgUm9vdCBDQTEdMBsGA1UECgwUTm9ydGh3aW5kIFVuaXZlcnNpdHkwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAAS+VI5nnNcvy/kSGSqNIwkjo8LiPKGknn0dH2PEVG9V0s88kkOJkxhtrQeZ8FKIXMQPjxg2RpyJLvCH1mTDDnTRP5/G4HlyjS4FoE8mSQusKSRG0v54TsH4b/3iZlMHAF2jRTBDMBIGA1UdEwEB/wQIMAYBAf8CAQEwDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBT8amynLrSkHJeepo9YZpQuLpdFzjAKBggqhkjOPQQDAwNoADBlAjEAnRDWjuUowtVjLSsR4yfM70lqDkeNy6yMts42mHSWOEoEqwqSj2ZrJzWny4qrZU81AjBc3DTgi1JwMStIqlZQOT+yiPhlWn8qcnMvXbLKwzsa4pCAuwVYbyJhIMQzRF3NjxE=' }
    # Northwind Staff Issuing CA
    [pscustomobject]@{ Store = 'CA'; Data = 'MIICQjCCAcegAwIBAgIQJze5OjQ7tLcyECm6MLMzEDAKBggqhkjOPQQDAzA7MRowGAYDVQQDDBFOb3J0aHdpbmQgUm9vdCBDQTEdMBsGA1UECgwUTm9ydGh3aW5kIFVuaXZlcnNpdHkwHhcNMjYwMTAxMDAwMDAwWhcNMzAxMjMxMDAwMDAwWjBEMSMwIQYDVQQDDBpOb3J0aHdpbmQgU3RhZmYgSXNzdWluZyBDQTEdMBsGA1UECgwUTm9ydGh3aW5kIFVuaXZlcnNpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARsGJoZjJ3VR3ayUaH9R0zSKgi5emk52pP4of0fZr2XKn+Rr+pflyifjFDwNPFy1scFrgDrcuY7RE9LIMDIYaADo4GjMIGgMBIGA1UdEwEB/wQIMAYBAf8CAQAwDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBSNgcfOHcvGPjiFdYj3zKkYaYvy1TAfBgNVHSMEGDAWgBT8amynLrSkHJeepo9YZpQuLpdFzjA6BgNVHR8EMzAxMC+gLaArhilodHRwOi8vcGtpLm5vcnRod2luZC5leGFtcGxlL2NybC9yb290LmNybDAKBggqhkjOPQQDAwNpADBmAjEAonCsgUbRyPAfyCtkn/CmPamd2LMbNS+Fzm2LQwYItYfEXM8Z51e649g8eM/mlgQrAjEArlKoy7gkREigfTuaNJCfIYmI8bxNH5ektck2f+PPbT5BHf3Zkm0sW7icBDtzG9tt' }
)
$IssuingThumbprints = @(
    '9EC4C395E6F5A799C5B5C9A17CEC78A2F2EA9766'
)

$Networks = @(
    [pscustomobject]@{
        Kind = 'wlan'
        Name = 'Northwind'
        File = 'wlan-campus.xml'
        Xml  = @'
<WLANProfile xmlns="http://www.microsoft.com/networking/WLAN/profile/v1">
  <name>Northwind</name>
  <SSIDConfig>
    <SSID>
      <hex>4E6F72746877696E64</hex>
      <name>Northwind</name>
    </SSID>
    <nonBroadcast>false</nonBroadcast>
  </SSIDConfig>
  <connectionType>ESS</connectionType>
  <connectionMode>auto</connectionMode>
  <autoSwitch>false</autoSwitch>
  <MSM>
    <security>
      <authEncryption>
        <authentication>WPA2</authentication>
        <encryption>AES</encryption>
        <useOneX>true</useOneX>
      </authEncryption>
      <OneX xmlns="http://www.microsoft.com/networking/OneX/v1">
        <cacheUserData>true</cacheUserData>
        <maxAuthFailures>3</maxAuthFailures>
        <authMode>user</authMode>
        <EAPConfig>
          <EapHostConfig xmlns="http://www.microsoft.com/provisioning/EapHostConfig">
            <EapMethod>
              <Type xmlns="http://www.microsoft.com/provisioning/EapCommon">13</Type>
              <VendorId xmlns="http://www.microsoft.com/provisioning/EapCommon">0</VendorId>
              <VendorType xmlns="http://www.microsoft.com/provisioning/EapCommon">0</VendorType>
              <AuthorId xmlns="http://www.microsoft.com/provisioning/EapCommon">0</AuthorId>
            </EapMethod>
            <Config>
              <Eap xmlns="http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1">
                <Type>13</Type>
                <EapType xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV1">
                  <CredentialsSource>
                    <CertificateStore>
                      <SimpleCertSelection>true</SimpleCertSelection>
                    </CertificateStore>
                  </CredentialsSource>
                  <ServerValidation>
                    <DisableUserPromptForServerValidation>true</DisableUserPromptForServerValidation>
                    <ServerNames>radius.northwind.example</ServerNames>
                    <TrustedRootCA>20 8a ac 62 e1 09 6c b7 ec 7b f8 b0 15 ea 6b e0 d3 ae 1d 65</TrustedRootCA>
                  </ServerValidation>
                  <DifferentUsername>false</DifferentUsername>
                  <PerformServerValidation xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2">true</PerformServerValidation>
                  <AcceptServerName xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2">true</AcceptServerName>
                  <TLSExtensions xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2">
                    <FilteringInfo xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV3">
                      <AllPurposeEnabled>false</AllPurposeEnabled>
                      <CAHashList Enabled="true">
                        <IssuerHash>9e c4 c3 95 e6 f5 a7 99 c5 b5 c9 a1 7c ec 78 a2 f2 ea 97 66</IssuerHash>
                      </CAHashList>
                      <EKUMapping>
                        <EKUMap>
                          <EKUName>Client Authentication</EKUName>
                          <EKUOID>1.3.6.1.5.5.7.3.2</EKUOID>
                        </EKUMap>
                      </EKUMapping>
                      <ClientAuthEKUList Enabled="true">
                        <EKUMapInList>
                          <EKUName>Client Authentication</EKUName>
                        </EKUMapInList>
                      </ClientAuthEKUList>
                      <AnyPurposeEKUList Enabled="false" />
                    </FilteringInfo>
                  </TLSExtensions>
                </EapType>
              </Eap>
            </Config>
          </EapHostConfig>
        </EAPConfig>
      </OneX>
    </security>
  </MSM>
  <MacRandomization xmlns="http://www.microsoft.com/networking/WLAN/profile/v3">
    <enableRandomization>false</enableRandomization>
  </MacRandomization>
</WLANProfile>
'@
    }
    [pscustomobject]@{
        Kind = 'lan'
        Name = 'desk'
        File = 'lan-desk.xml'
        Xml  = @'
<LANProfile xmlns="http://www.microsoft.com/networking/LAN/profile/v1">
  <MSM>
    <security>
      <OneXEnforced>false</OneXEnforced>
      <OneXEnabled>true</OneXEnabled>
      <OneX xmlns="http://www.microsoft.com/networking/OneX/v1">
        <cacheUserData>true</cacheUserData>
        <maxAuthFailures>3</maxAuthFailures>
        <authMode>user</authMode>
        <EAPConfig>
          <EapHostConfig xmlns="http://www.microsoft.com/provisioning/EapHostConfig">
            <EapMethod>
              <Type xmlns="http://www.microsoft.com/provisioning/EapCommon">13</Type>
              <VendorId xmlns="http://www.microsoft.com/provisioning/EapCommon">0</VendorId>
              <VendorType xmlns="http://www.microsoft.com/provisioning/EapCommon">0</VendorType>
              <AuthorId xmlns="http://www.microsoft.com/provisioning/EapCommon">0</AuthorId>
            </EapMethod>
            <Config>
              <Eap xmlns="http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1">
                <Type>13</Type>
                <EapType xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV1">
                  <CredentialsSource>
                    <CertificateStore>
                      <SimpleCertSelection>true</SimpleCertSelection>
                    </CertificateStore>
                  </CredentialsSource>
                  <ServerValidation>
                    <DisableUserPromptForServerValidation>true</DisableUserPromptForServerValidation>
                    <ServerNames>radius.northwind.example</ServerNames>
                    <TrustedRootCA>20 8a ac 62 e1 09 6c b7 ec 7b f8 b0 15 ea 6b e0 d3 ae 1d 65</TrustedRootCA>
                  </ServerValidation>
                  <DifferentUsername>false</DifferentUsername>
                  <PerformServerValidation xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2">true</PerformServerValidation>
                  <AcceptServerName xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2">true</AcceptServerName>
                  <TLSExtensions xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2">
                    <FilteringInfo xmlns="http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV3">
                      <AllPurposeEnabled>false</AllPurposeEnabled>
                      <CAHashList Enabled="true">
                        <IssuerHash>9e c4 c3 95 e6 f5 a7 99 c5 b5 c9 a1 7c ec 78 a2 f2 ea 97 66</IssuerHash>
                      </CAHashList>
                      <EKUMapping>
                        <EKUMap>
                          <EKUName>Client Authentication</EKUName>
                          <EKUOID>1.3.6.1.5.5.7.3.2</EKUOID>
                        </EKUMap>
                      </EKUMapping>
                      <ClientAuthEKUList Enabled="true">
                        <EKUMapInList>
                          <EKUName>Client Authentication</EKUName>
                        </EKUMapInList>
                      </ClientAuthEKUList>
                      <AnyPurposeEKUList Enabled="false" />
                    </FilteringInfo>
                  </TLSExtensions>
                </EapType>
              </Eap>
            </Config>
          </EapHostConfig>
        </EAPConfig>
      </OneX>
    </security>
  </MSM>
</LANProfile>
'@
    }
)

$Notes = @(
    'campus: joined with WPA2, which every computer of a mixed fleet can do; Windows 10 has no WPA3-Enterprise and would refuse the whole profile.'
    'The certificate belongs to the person who is signed in; before sign-in the device is not on the network. The SyncML file addresses ./User, which Windows has for Entra accounts only.'
)

# ---- Where things are kept ------------------------------------------------------------------------------------
# The task of a machine runs as SYSTEM: its script must stand where only administrators can write.
$BaseFolder = if ($ForMachine) { $env:ProgramFiles } else { $env:LOCALAPPDATA }
$Folder = Join-Path -Path $BaseFolder -ChildPath (Join-Path -Path 'onboard' -ChildPath $Place)
$LogFile = Join-Path -Path $Folder -ChildPath 'onboard.log'
$StateFile = Join-Path -Path $Folder -ChildPath 'state.json'
$ScriptCopy = Join-Path -Path $Folder -ChildPath 'onboard.ps1'
$TaskName = 'onboard ' + $Place

# X509SCEPDisposition, X509CertificateEnrollmentContext and EncodingType of CertEnroll.
$Issued = 0
$Waiting = 3
$Context = if ($ForMachine) { 2 } else { 1 }
$Base64 = 1

function Write-Log {
    param([string]$Message)
    $line = '{0:s} {1}' -f (Get-Date), $Message
    if (Test-Path -LiteralPath $Folder) {
        Add-Content -LiteralPath $LogFile -Value $line -Encoding UTF8
    }
    Write-Information -MessageData $line -InformationAction Continue
}

function Test-Elevation {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object -TypeName Security.Principal.WindowsPrincipal -ArgumentList $identity
    return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Assert-Caller {
    $isSystem = [Security.Principal.WindowsIdentity]::GetCurrent().IsSystem
    if ($ForMachine -and -not (Test-Elevation)) {
        throw 'This certificate belongs to the computer. Run the script as administrator or as SYSTEM.'
    }
    if (-not $ForMachine -and $isSystem) {
        throw 'This certificate belongs to a person. Run the script in the session of that person, not as SYSTEM.'
    }
}

# ---- State: what this script has brought, so that -Remove takes no more than that -----------------------------
function Read-State {
    $state = @{ Trust = @(); Certificate = ''; Networks = @(); Subject = ''; AltNames = @(); Transaction = '' }
    if (Test-Path -LiteralPath $StateFile) {
        $saved = Get-Content -LiteralPath $StateFile -Raw -Encoding UTF8 | ConvertFrom-Json
        foreach ($property in $saved.PSObject.Properties) {
            $state[$property.Name] = $property.Value
        }
    }
    return $state
}

function Write-State {
    param([hashtable]$State)
    $State | ConvertTo-Json -Depth 5 | Set-Content -LiteralPath $StateFile -Encoding UTF8
}

# ---- Values ---------------------------------------------------------------------------------------------------
function Find-UserMail {
    # Active Directory is the one place that knows; a sign-in name is not always a mailbox.
    try {
        $sid = [Security.Principal.WindowsIdentity]::GetCurrent().User.Value
        $found = ([adsisearcher]('(&(objectCategory=person)(objectSid=' + $sid + '))')).FindOne()
        if ($null -ne $found -and $found.Properties['mail'].Count -gt 0) {
            return [string]$found.Properties['mail'][0]
        }
    }
    catch {
        Write-Log ('No e-mail address from Active Directory: ' + $_.Exception.Message)
    }
    return ''
}

function Find-Upn {
    # An account that is neither of a domain nor of Entra has none, and whoami fails.
    try {
        $found = & whoami.exe /upn 2>$null
        if ($LASTEXITCODE -eq 0 -and $found) { return ([string]$found).Trim() }
    }
    catch {
        Write-Log ('No user principal name: ' + $_.Exception.Message)
    }
    return ''
}

function Find-UserName {
    try {
        $account = [adsi]('WinNT://' + $env:USERDOMAIN + '/' + $env:USERNAME + ',user')
        return [string]$account.FullName
    }
    catch {
        return ''
    }
}

function Find-Value {
    param([string]$Name)
    switch ($Name) {
        'user.upn' { return Find-Upn }
        'user.email' { return Find-UserMail }
        'user.name' { return Find-UserName }
        'user.sid' { return [Security.Principal.WindowsIdentity]::GetCurrent().User.Value }
        'device.serial' { return ([string](Get-CimInstance -ClassName Win32_BIOS).SerialNumber).Trim() }
        'device.name' { return $env:COMPUTERNAME }
        'device.id' { return ([string](Get-CimInstance -ClassName Win32_ComputerSystemProduct).UUID).ToLowerInvariant() }
        'device.fqdn' {
            $system = Get-CimInstance -ClassName Win32_ComputerSystem
            if ($system.PartOfDomain) { return ($system.DNSHostName + '.' + $system.Domain).ToLowerInvariant() }
            return ''
        }
        default { return '' }
    }
}

function Resolve-Value {
    param([string]$Name)
    if ($Value.ContainsKey($Name)) { return [string]$Value[$Name] }
    $found = [string](Find-Value -Name $Name)
    if ($Ask -and -not $found) {
        $offer = if ($Name -eq 'user.email') { Find-Upn } else { '' }
        $prompt = if ($offer) { $Name + ' [' + $offer + ']' } else { $Name }
        $found = ([string](Read-Host -Prompt $prompt)).Trim()
        if (-not $found) { $found = $offer }
    }
    return $found
}

function Get-VariableName {
    param([string[]]$Texts)
    $names = @(foreach ($text in $Texts) {
            foreach ($match in [regex]::Matches($text, '\$\{([^${}]+)\}')) { $match.Groups[1].Value }
        })
    return @($names | Select-Object -Unique)
}

function Resolve-AllValue {
    $texts = @($SubjectParts | ForEach-Object { $_.Text }) + @($AltNameParts | ForEach-Object { $_.Text })
    $filled = @{}
    $missing = @()
    foreach ($name in (Get-VariableName -Texts $texts)) {
        $text = [string](Resolve-Value -Name $name)
        if ($text) { $filled[$name] = $text } else { $missing += $name }
    }
    if ($missing.Count -gt 0) {
        $list = $missing -join ', '
        throw ('No value for ' + $list + '. Run again with -Ask, or with -Value @{ ''' + $missing[0] + ''' = ''...'' }.')
    }
    return $filled
}

function Expand-Text {
    param([string]$Text, [hashtable]$Filled)
    foreach ($name in $Filled.Keys) { $Text = $Text.Replace('${' + $name + '}', $Filled[$name]) }
    return $Text
}

function ConvertTo-X500Value {
    # Quotation marks, its own doubled: CertStrToName knows no backslash.
    param([string]$Text)
    return '"' + $Text.Replace('"', '""') + '"'
}

function Resolve-Challenge {
    $text = $EmbeddedChallenge
    if (-not $text) { $text = [string]$env:ONBOARD_CHALLENGE }
    if (-not $text -and $Ask) {
        $secure = Read-Host -Prompt 'Challenge' -AsSecureString
        $text = (New-Object -TypeName Net.NetworkCredential -ArgumentList '', $secure).Password
    }
    if (-not $text) {
        throw 'No challenge. Set the environment variable ONBOARD_CHALLENGE, or run again with -Ask.'
    }
    if ($text -cnotmatch '^[\x20-\x7e]+$' -or $text -ceq ('$' + '{challenge}')) {
        throw 'The challenge has a character that Windows cannot send, or it was not filled in.'
    }
    return $text
}

# ---- Trust ----------------------------------------------------------------------------------------------------
function Open-Store {
    param([string]$Name, [string]$Location)
    $store = New-Object -TypeName Security.Cryptography.X509Certificates.X509Store -ArgumentList $Name, $Location
    $store.Open([Security.Cryptography.X509Certificates.OpenFlags]::ReadWrite)
    return $store
}

function Read-Certificate {
    param([string]$Encoded)
    $bytes = [Convert]::FromBase64String($Encoded)
    return New-Object -TypeName Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList (, $bytes)
}

function Add-Trust {
    param([hashtable]$State)
    $location = if (Test-Elevation) { 'LocalMachine' } else { 'CurrentUser' }
    foreach ($item in $Trust) {
        $certificate = Read-Certificate -Encoded $item.Data
        $store = Open-Store -Name $item.Store -Location $location
        try {
            $found = $store.Certificates.Find('FindByThumbprint', $certificate.Thumbprint, $false)
            if ($found.Count -eq 0) {
                $store.Add($certificate)
                $State.Trust = @($State.Trust) + [pscustomobject]@{
                    Location = $location; Store = $item.Store; Thumbprint = $certificate.Thumbprint
                }
                Write-Log ('Trusted: ' + $certificate.Subject + ' in ' + $location + '\' + $item.Store)
            }
        }
        finally {
            $store.Close()
        }
    }
}

# ---- Certificate ----------------------------------------------------------------------------------------------
function Get-OwnCertificate {
    param([hashtable]$State)
    if (-not $State.Certificate) { return $null }
    $drive = if ($ForMachine) { 'Cert:\LocalMachine\My' } else { 'Cert:\CurrentUser\My' }
    $path = Join-Path -Path $drive -ChildPath $State.Certificate
    if (-not (Test-Path -LiteralPath $path)) { return $null }
    $certificate = Get-Item -LiteralPath $path
    if (-not $certificate.HasPrivateKey -or $certificate.NotAfter -le (Get-Date)) { return $null }
    return $certificate
}

function New-AltNameExtension {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([object[]]$Names)
    $collection = New-Object -ComObject X509Enrollment.CAlternativeNames
    foreach ($name in $Names) {
        $entry = New-Object -ComObject X509Enrollment.CAlternativeName
        $entry.InitializeFromString([int]$name.Type, [string]$name.Text)
        $collection.Add($entry)
    }
    $extension = New-Object -ComObject X509Enrollment.CX509ExtensionAlternativeNames
    $extension.InitializeEncode($collection)
    return $extension
}

function New-PrivateKey {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param()
    $reason = ''
    foreach ($provider in $KeyProviders) {
        try {
            $key = New-Object -ComObject X509Enrollment.CX509PrivateKey
            $key.ProviderName = $provider
            $key.MachineContext = $ForMachine
            $key.Length = $KeyBits
            $key.ExportPolicy = 0
            $key.Create()
            return $key
        }
        catch {
            $reason = $provider + ': ' + $_.Exception.Message
            Write-Log ('No key in ' + $reason)
        }
    }
    throw ('No private key could be made. ' + $reason)
}

function New-Request {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string]$Subject, [object[]]$AltNames, [string]$Challenge)
    $key = New-PrivateKey
    $request = New-Object -ComObject X509Enrollment.CX509CertificateRequestPkcs10
    $request.InitializeFromPrivateKey($Context, $key, '')
    $name = New-Object -ComObject X509Enrollment.CX500DistinguishedName
    $name.Encode($Subject, 0)
    $request.Subject = $name
    if ($AltNames.Count -gt 0) {
        $request.X509Extensions.Add((New-AltNameExtension -Names $AltNames))
    }
    $hash = New-Object -ComObject X509Enrollment.CObjectId
    $hash.InitializeFromValue('2.16.840.1.101.3.4.2.1')
    $request.HashAlgorithm = $hash
    $request.ChallengePassword = $Challenge
    return $request
}

function Request-Certificate {
    # The certificate, or nothing while the request waits for a person.
    param([hashtable]$State, [string]$Challenge, [object]$Signer)
    $request = New-Request -Subject $State.Subject -AltNames @($State.AltNames) -Challenge $Challenge
    $helper = New-Object -ComObject X509Enrollment.CX509SCEPEnrollmentHelper
    $helper.Initialize($ScepUrl, '', $request, $RootThumbprint)
    if ($null -ne $Signer) {
        # Signed with the old certificate, the request is a renewal and needs no challenge.
        $old = New-Object -ComObject X509Enrollment.CSignerCertificate
        $old.Initialize($ForMachine, 0, 1, [Convert]::ToBase64String($Signer.RawData))
        $helper.X509SCEPEnrollment.SignerCertificate = $old
    }
    $disposition = $helper.Enroll(0)
    if ($disposition -eq $Waiting) {
        # Kept before anything else: a computer that is switched off meanwhile asks again for the same request.
        $State.Transaction = [string]$helper.X509SCEPEnrollment.TransactionId($Base64)
        Write-State -State $State
        $disposition = Wait-Decision -Helper $helper
    }
    if ($disposition -eq $Waiting) { return $null }
    $State.Transaction = ''
    if ($disposition -ne $Issued) {
        throw ('The SCEP server did not issue a certificate (' + $disposition + '): ' + $helper.ResultMessageText)
    }
    return Read-Certificate -Encoded $helper.X509SCEPEnrollment.Certificate($Base64)
}

function Wait-Decision {
    param([object]$Helper)
    Write-Log ('The request waits until a person approves it. Asking again for ' + $WaitMinutes + ' minutes.')
    $until = (Get-Date).AddMinutes($WaitMinutes)
    $disposition = $Waiting
    while ($disposition -eq $Waiting -and (Get-Date) -lt $until) {
        Start-Sleep -Seconds 30
        $disposition = $Helper.FetchPending(0)
    }
    return $disposition
}

function Open-Request {
    # What Windows keeps of a request that waits: its key, found by the transaction.
    param([string]$Transaction)
    $enrollment = New-Object -ComObject X509Enrollment.CX509SCEPEnrollment
    $enrollment.InitializeForPending($Context)
    $set = [Reflection.BindingFlags]::SetProperty
    $enrollment.GetType().InvokeMember('TransactionId', $set, $null, $enrollment, @($Base64, $Transaction)) | Out-Null
    return $enrollment
}

function Send-Message {
    param([string]$Encoded)
    $protocols = [Net.ServicePointManager]::SecurityProtocol
    # An older .NET offers TLS 1.0 alone; 0 leaves the choice to Windows, which offers the newest.
    if ($protocols -ne 0) {
        [Net.ServicePointManager]::SecurityProtocol = $protocols -bor [Net.SecurityProtocolType]::Tls12
    }
    $client = New-Object -TypeName Net.WebClient
    try {
        $client.Headers.Add('Content-Type', 'application/x-pki-message')
        $message = [Convert]::FromBase64String($Encoded)
        $answer = $client.UploadData($ScepUrl + '?operation=PKIOperation', 'POST', $message)
        return [Convert]::ToBase64String($answer)
    }
    finally {
        $client.Dispose()
    }
}

function Resume-Request {
    # The certificate of a request that waited, or nothing while it still does.
    param([hashtable]$State)
    $enrollment = Open-Request -Transaction $State.Transaction
    $answer = Send-Message -Encoded $enrollment.CreateRetrievePendingMessage($Base64)
    $disposition = $enrollment.ProcessResponseMessage($answer, $Base64)
    if ($disposition -eq $Waiting) { return $null }
    $State.Transaction = ''
    if ($disposition -ne $Issued) {
        Write-State -State $State
        throw ('The request was not approved (' + $disposition + '). Run the script that was given to you again.')
    }
    return Read-Certificate -Encoded $enrollment.Certificate($Base64)
}

function Stop-Request {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string]$Transaction)
    if (-not $Transaction) { return }
    try {
        (Open-Request -Transaction $Transaction).DeleteRequest()
        Write-Log 'Removed the request that waited.'
    }
    catch {
        Write-Log ('The request that waited was not removed: ' + $_.Exception.Message)
    }
}

function Complete-Enrolment {
    # Nothing to complete while the request waits.
    param([hashtable]$State, [object]$Certificate)
    if ($null -eq $Certificate) {
        Write-Log 'The request still waits: somebody has to approve it (onboard cert pending). The scheduled task asks every hour.'
        return
    }
    try {
        Assert-Issuer -Certificate $Certificate
    }
    catch {
        # Decided all the same: nobody has to ask for it again.
        Write-State -State $State
        throw
    }
    $former = $State.Certificate
    $State.Certificate = $Certificate.Thumbprint
    Write-State -State $State
    # Two good certificates would make Windows ask which one to use.
    if ($former -and $former -ne $Certificate.Thumbprint) { Uninstall-Certificate -Thumbprint $former }
    Write-Log ('Enrolled: ' + $Certificate.Subject + ', valid until ' + $Certificate.NotAfter.ToString('s'))
}

function Assert-Issuer {
    param([object]$Certificate)
    # While one authority takes the place of another, either may have issued it.
    $issuing = @(foreach ($item in $Trust) {
            $candidate = Read-Certificate -Encoded $item.Data
            if ($IssuingThumbprints -contains $candidate.Thumbprint) { $candidate }
        })
    $expected = @($issuing | ForEach-Object { [Convert]::ToBase64String($_.SubjectName.RawData) })
    if ($expected -cnotcontains [Convert]::ToBase64String($Certificate.IssuerName.RawData)) {
        Uninstall-Certificate -Thumbprint $Certificate.Thumbprint
        $names = ($issuing | ForEach-Object { $_.Subject }) -join ' or '
        throw ('The certificate was issued by ' + $Certificate.Issuer + ', not by ' + $names + '.')
    }
}

function Uninstall-Certificate {
    param([string]$Thumbprint)
    $location = if ($ForMachine) { 'LocalMachine' } else { 'CurrentUser' }
    $path = 'Cert:\' + $location + '\My\' + $Thumbprint
    if ($Thumbprint -and (Test-Path -LiteralPath $path)) {
        Remove-Item -LiteralPath $path -DeleteKey
        Write-Log ('Removed certificate ' + $Thumbprint)
    }
}

function Install-Certificate {
    param([hashtable]$State)
    if ($State.Transaction) {
        Complete-Enrolment -State $State -Certificate (Resume-Request -State $State)
        return
    }
    if ($null -ne (Get-OwnCertificate -State $State)) {
        Write-Log ('The certificate ' + $State.Certificate + ' is still good; nothing requested.')
        return
    }
    $filled = Resolve-AllValue
    $parts = foreach ($part in $SubjectParts) {
        $part.Key + '=' + (ConvertTo-X500Value -Text (Expand-Text -Text $part.Text -Filled $filled))
    }
    $State.Subject = $parts -join ','
    $State.AltNames = @(foreach ($part in $AltNameParts) {
            [pscustomobject]@{ Type = $part.Type; Text = (Expand-Text -Text $part.Text -Filled $filled) }
        })
    $certificate = Request-Certificate -State $State -Challenge (Resolve-Challenge)
    Complete-Enrolment -State $State -Certificate $certificate
}

function Invoke-Renewal {
    param([hashtable]$State)
    if ($State.Transaction) {
        try {
            Complete-Enrolment -State $State -Certificate (Resume-Request -State $State)
        }
        finally {
            # Decided, in whichever way: once a day is enough again.
            if (-not $State.Transaction) { Register-RenewalTask -State $State }
        }
        return
    }
    $current = Get-OwnCertificate -State $State
    if ($null -eq $current) {
        throw 'There is no valid certificate to renew. Run the script that was given to you again.'
    }
    $days = [int][Math]::Floor(($current.NotAfter - (Get-Date)).TotalDays)
    if ($days -gt $RenewWithinDays) {
        Write-Log ('Nothing to renew: ' + $days + ' days left.')
        return
    }
    $certificate = Request-Certificate -State $State -Challenge '' -Signer $current
    Complete-Enrolment -State $State -Certificate $certificate
    if ($State.Transaction) { Register-RenewalTask -State $State }
}

# ---- Networks -------------------------------------------------------------------------------------------------
function Invoke-Netsh {
    param([string[]]$Arguments)
    $output = & netsh.exe @Arguments 2>&1
    if ($LASTEXITCODE -ne 0) {
        throw ('netsh ' + ($Arguments -join ' ') + ': ' + (($output | Out-String).Trim()))
    }
}

function Test-Service {
    param([string]$Name)
    return $null -ne (Get-Service -Name $Name -ErrorAction SilentlyContinue)
}

function Install-Wireless {
    param([object]$Network)
    if (-not (Test-Service -Name 'wlansvc')) {
        Write-Log ('No Wi-Fi on this computer; ' + $Network.Name + ' is left out.')
        return $false
    }
    $scope = if (Test-Elevation) { 'all' } else { 'current' }
    Invoke-Netsh -Arguments 'wlan', 'add', 'profile', ('filename=' + $Network.File), ('user=' + $scope)
    return $true
}

function Install-Wired {
    param([object]$Network)
    if (-not (Test-Elevation)) {
        Write-Log ('The wired profile ' + $Network.Name + ' needs an administrator; it is left out.')
        return $false
    }
    # The wired service is stopped by default, and without it no port asks for 802.1X.
    Set-Service -Name 'dot3svc' -StartupType Automatic
    Start-Service -Name 'dot3svc'
    Invoke-Netsh -Arguments 'lan', 'add', 'profile', ('filename=' + $Network.File), 'interface=*'
    return $true
}

function Install-Network {
    param([hashtable]$State)
    $encoding = New-Object -TypeName Text.UTF8Encoding -ArgumentList $false
    Push-Location -LiteralPath $Folder
    try {
        foreach ($network in $Networks) {
            [IO.File]::WriteAllText((Join-Path -Path $Folder -ChildPath $network.File), $network.Xml, $encoding)
            $done = if ($network.Kind -eq 'wlan') { Install-Wireless -Network $network } else { Install-Wired -Network $network }
            if ($done) {
                $others = @($State.Networks | Where-Object { $_.File -ne $network.File })
                $State.Networks = $others + [pscustomobject]@{
                    Kind = $network.Kind; Name = $network.Name; File = $network.File
                }
                Write-Log ('Profile added: ' + $network.Name)
            }
        }
    }
    finally {
        Pop-Location
    }
}

function Uninstall-Network {
    param([hashtable]$State)
    foreach ($network in @($State.Networks)) {
        try {
            if ($network.Kind -eq 'wlan') {
                Invoke-Netsh -Arguments 'wlan', 'delete', 'profile', ('name=' + $network.Name)
            }
            else {
                Invoke-Netsh -Arguments 'lan', 'delete', 'profile', 'interface=*'
            }
            Write-Log ('Profile removed: ' + $network.Name)
        }
        catch {
            Write-Log ('Profile ' + $network.Name + ' not removed: ' + $_.Exception.Message)
        }
    }
}

# ---- Renewal task ---------------------------------------------------------------------------------------------
function Register-RenewalTask {
    param([hashtable]$State)
    if (-not $PSCommandPath) {
        Write-Log 'No renewal: the script was not run from a file.'
        return
    }
    if ($PSCommandPath -ne $ScriptCopy) {
        # The copy renews with the certificate; the challenge does not stay on the computer.
        $lines = foreach ($line in [IO.File]::ReadAllLines($PSCommandPath)) {
            if ($line.StartsWith('$EmbeddedChallenge = ')) { '$EmbeddedChallenge = ''''' } else { $line }
        }
        [IO.File]::WriteAllLines($ScriptCopy, [string[]]$lines)
    }
    $arguments = '-NoProfile -NonInteractive -WindowStyle Hidden -ExecutionPolicy Bypass -File "' + $ScriptCopy + '" -Renew'
    $action = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $arguments
    $trigger = New-ScheduledTaskTrigger -Daily -At '12:00' -RandomDelay (New-TimeSpan -Hours 4)
    $often = 'Renewal scheduled daily, from ' + $RenewWithinDays + ' days before the end.'
    if ($State.Transaction) {
        $next = (Get-Date).AddHours(1)
        $trigger = New-ScheduledTaskTrigger -Once -At $next -RepetitionInterval (New-TimeSpan -Hours 1)
        $often = 'Scheduled every hour, until the request is decided.'
    }
    $settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
    if ($ForMachine) {
        $principal = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount -RunLevel Highest
    }
    else {
        $user = [Security.Principal.WindowsIdentity]::GetCurrent().Name
        $principal = New-ScheduledTaskPrincipal -UserId $user -LogonType Interactive
    }
    $task = @{
        TaskName = $TaskName; Action = $action; Trigger = $trigger; Settings = $settings; Principal = $principal
    }
    Register-ScheduledTask @task -Force | Out-Null
    Write-Log $often
}

# ---- The three jobs -------------------------------------------------------------------------------------------
function Invoke-Install {
    New-Item -ItemType Directory -Path $Folder -Force | Out-Null
    Write-Log ('Setting up ' + $Group + ' of ' + $Organization)
    foreach ($note in $Notes) { Write-Log ('Note: ' + $note) }
    $state = Read-State
    try {
        Add-Trust -State $state
        Install-Certificate -State $state
        Install-Network -State $state
    }
    finally {
        # Whatever failed, -Remove must know what is there.
        Write-State -State $state
    }
    try {
        Register-RenewalTask -State $state
    }
    catch {
        # Everything works until the certificate ends; the person who reads this can run -Renew by hand.
        Write-Log ('No renewal was scheduled: ' + $_.Exception.Message)
        Write-Warning -Message 'No renewal was scheduled; see the log.'
    }
    Write-Log 'Done.'
}

function Invoke-Removal {
    $state = Read-State
    Uninstall-Network -State $state
    Stop-Request -Transaction $state.Transaction
    Uninstall-Certificate -Thumbprint $state.Certificate
    foreach ($item in @($state.Trust)) {
        $store = Open-Store -Name $item.Store -Location $item.Location
        try {
            foreach ($certificate in $store.Certificates.Find('FindByThumbprint', $item.Thumbprint, $false)) {
                $store.Remove($certificate)
                Write-Log ('No longer trusted: ' + $certificate.Subject)
            }
        }
        finally {
            $store.Close()
        }
    }
    if (Get-ScheduledTask -TaskName $TaskName -ErrorAction SilentlyContinue) {
        Unregister-ScheduledTask -TaskName $TaskName -Confirm:$false
    }
    if (Test-Path -LiteralPath $Folder) { Remove-Item -LiteralPath $Folder -Recurse -Force }
    Write-Log 'Removed.'
}

try {
    Assert-Caller
    if ($Remove) { Invoke-Removal }
    elseif ($Renew) { Invoke-Renewal -State (Read-State) }
    else { Invoke-Install }
}
catch {
    Write-Log ('Failed: ' + $_.Exception.Message)
    Write-Warning -Message $_.Exception.Message
    exit 1
}
