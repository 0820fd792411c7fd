package interop;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.HexFormat;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.jscep.client.Client;
import org.jscep.client.EnrollmentResponse;

/**
 * A device with a key store of one entry: {@code enrol|wait|renew|crl|fetch URL STORE}.
 *
 * <p>Subject, e-mail, challenge and the CA's SHA-256 come from the environment. What happened is said in one
 * line on standard output.
 */
public final class Device {
    private static final char[] PASSWORD = "in a scratch folder".toCharArray();
    private static final String ALIAS = "device";

    private final Client client;
    private final Path store;

    private Device(Client client, Path store) {
        this.client = client;
        this.store = store;
    }

    public static void main(String[] arguments) throws Exception {
        String pinned = System.getenv("CA_SHA256");
        Client client = new Client(URI.create(arguments[1]).toURL(), (X509Certificate authority) -> sha256(authority).equals(pinned));
        Device device = new Device(client, Path.of(arguments[2]));
        switch (arguments[0]) {
            case "enrol" -> device.enrol();
            case "wait" -> device.enrolWithPatience();
            case "renew" -> device.renew();
            case "crl" -> device.readRevocationList();
            case "fetch" -> device.fetch();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private void enrol() throws Exception {
        KeyPair pair = newPair();
        answer(client.enrol(selfSigned(pair), pair.getPrivate(), request(pair, System.getenv("CHALLENGE"))), pair);
    }

    /** Asks without a challenge and, for each line on standard input, polls once. */
    private void enrolWithPatience() throws Exception {
        KeyPair pair = newPair();
        X509Certificate own = selfSigned(pair);
        EnrollmentResponse response = client.enrol(own, pair.getPrivate(), request(pair, null));
        answer(response, pair);
        while (response.isPending() && System.in.read() >= 0) {
            response = client.poll(own, pair.getPrivate(), subject(), response.getTransactionId());
            answer(response, pair);
        }
    }

    private void renew() throws Exception {
        KeyPair pair = newPair();
        answer(client.enrol(certificate(), key(), request(pair, null)), pair);
    }

    private void readRevocationList() throws Exception {
        X509Certificate own = certificate();
        X509CRL list = client.getRevocationList(own, key(), own.getIssuerX500Principal(), own.getSerialNumber());
        System.out.println("CRL " + (list.getRevokedCertificates() == null ? 0 : list.getRevokedCertificates().size()));
    }

    private void fetch() throws Exception {
        X509Certificate own = certificate();
        Collection<? extends Certificate> found =
                client.getCertificate(own, key(), own.getSerialNumber()).getCertificates(null);
        System.out.println("CERTIFICATES " + found.size() + " " + found.contains(own));
    }

    private void answer(EnrollmentResponse response, KeyPair pair) throws Exception {
        if (response.isSuccess()) {
            X509Certificate issued =
                    (X509Certificate) response.getCertStore().getCertificates(null).iterator().next();
            keep(pair.getPrivate(), issued);
            System.out.println("SUCCESS " + HexFormat.of().formatHex(issued.getEncoded()));
        } else {
            System.out.println(response.isPending() ? "PENDING" : "FAILURE " + response.getFailInfo());
        }
    }

    private static PKCS10CertificationRequest request(KeyPair pair, String challenge) throws Exception {
        PKCS10CertificationRequestBuilder builder =
                new JcaPKCS10CertificationRequestBuilder(subject(), pair.getPublic());
        if (challenge != null) {
            builder.addAttribute(
                    PKCSObjectIdentifiers.pkcs_9_at_challengePassword, new DERPrintableString(challenge));
        }
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        extensions.addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(new GeneralName(GeneralName.rfc822Name, System.getenv("EMAIL"))));
        builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
        return builder.build(signer(pair.getPrivate()));
    }

    private static X509Certificate selfSigned(KeyPair pair) throws Exception {
        Instant now = Instant.now();
        return new JcaX509CertificateConverter()
                .getCertificate(new JcaX509v3CertificateBuilder(
                                subject(),
                                BigInteger.ONE,
                                Date.from(now.minus(Duration.ofHours(1))),
                                Date.from(now.plus(Duration.ofDays(1))),
                                subject(),
                                pair.getPublic())
                        .build(signer(pair.getPrivate())));
    }

    private static ContentSigner signer(PrivateKey key) throws Exception {
        return new JcaContentSignerBuilder("SHA256withRSA").build(key);
    }

    private static X500Principal subject() {
        return new X500Principal(System.getenv("SUBJECT"));
    }

    private static KeyPair newPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair();
    }

    private static String sha256(X509Certificate certificate) {
        try {
            byte[] encoded = certificate.getEncoded();
            return HexFormat.of().formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(encoded));
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException(error);
        }
    }

    private void keep(PrivateKey key, X509Certificate certificate) throws GeneralSecurityException, IOException {
        KeyStore entries = KeyStore.getInstance("PKCS12");
        entries.load(null, PASSWORD);
        entries.setKeyEntry(ALIAS, key, PASSWORD, new Certificate[] {certificate});
        try (OutputStream file = Files.newOutputStream(store)) {
            entries.store(file, PASSWORD);
        }
    }

    private KeyStore entries() throws GeneralSecurityException, IOException {
        KeyStore entries = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(store)) {
            entries.load(file, PASSWORD);
        }
        return entries;
    }

    private X509Certificate certificate() throws GeneralSecurityException, IOException {
        return (X509Certificate) entries().getCertificate(ALIAS);
    }

    private PrivateKey key() throws GeneralSecurityException, IOException {
        return (PrivateKey) entries().getKey(ALIAS, PASSWORD);
    }
}
